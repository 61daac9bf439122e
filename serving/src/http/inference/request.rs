//! A request for inference: which rows, which outputs, in which form.

use jiter::{Jiter, NumberInt, Peek};

use super::super::numbers::{Fault, MAX_ROWS, reader, shortened};
use super::tensor::{Datatype, listed};

/// What is asked.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Request {
    /// The caller's own name for the request, which the answer repeats.
    pub(super) id: Option<String>,
    /// The values of `x`, one row after the other.
    pub(super) values: Vec<f32>,
    /// The outputs by name, each as bytes or not; none: all of them.
    pub(super) outputs: Vec<(String, Option<bool>)>,
    /// Whether outputs that do not say otherwise are bytes.
    pub(super) binary: bool,
}

/// An input as it is written.
#[derive(Debug, Default)]
pub(super) struct Input {
    pub(super) name: String,
    pub(super) shape: Vec<i64>,
    pub(super) datatype: String,
    /// The values, where they are listed.
    pub(super) listed: Option<Vec<f32>>,
    /// How many bytes the values have, where they are raw.
    pub(super) raw_bytes: Option<usize>,
}

/// Reads a request whose JSON is followed by raw bytes.
///
/// # Errors
/// [`Fault`] where it is none of the protocol's, or not one for a model of so many features.
pub(super) fn request(json: &[u8], raw: &[u8], features: usize) -> Result<Request, Fault> {
    let mut jiter = reader(json)?;
    let (mut request, mut inputs) = (Request::default(), Vec::new());
    object(&mut jiter, "the body", |jiter, key| {
        match key {
            "id" => request.id = Some(text(jiter, "id")?),
            "parameters" => request.binary = flag(jiter, "binary_data_output")?.unwrap_or(false),
            "inputs" => list(jiter, "inputs", |jiter| {
                inputs.push(input(jiter, features)?);
                Ok(())
            })?,
            "outputs" => list(jiter, "outputs", |jiter| {
                request.outputs.push(output(jiter)?);
                Ok(())
            })?,
            _ => jiter.next_skip()?,
        }
        Ok(())
    })?;
    jiter.finish()?;
    request.values = rows(inputs, raw, features)?;
    Ok(request)
}

/// The values of the one input that the model has.
pub(super) fn rows(inputs: Vec<Input>, raw: &[u8], features: usize) -> Result<Vec<f32>, Fault> {
    if let Some(unknown) = inputs.iter().find(|input| input.name != "x") {
        let name = shortened(&unknown.name);
        return Err(Fault::unfit(format!("the model has no input `{name}`: its input is `x`")));
    }
    let one = <[Input; 1]>::try_from(inputs).map_err(|_| Fault::unfit("send the input `x` once"))?;
    let [Input { shape, datatype, listed, raw_bytes, .. }] = one;
    let datatype = Datatype::of(&datatype)?;
    let count = match shape[..] {
        [rows, columns] if rows > 0 && usize::try_from(columns) == Ok(features) => rows,
        _ => {
            return Err(Fault::unfit(format!(
                "the shape of `x` is [rows, {features}], with at least one row"
            )));
        }
    };
    if !usize::try_from(count).is_ok_and(|count| count <= MAX_ROWS) {
        return Err(Fault::TooManyRows);
    }
    let values = match (listed, raw_bytes) {
        (Some(listed), None) if raw.is_empty() => listed,
        (None, Some(bytes)) if bytes == raw.len() => datatype.raw(raw)?,
        (None, Some(bytes)) => {
            let found = raw.len();
            return Err(Fault::unfit(format!(
                "`binary_data_size` is {bytes}, but {found} bytes follow the JSON"
            )));
        }
        _ => {
            return Err(Fault::unfit(
                "`x` has either `data`, or a `binary_data_size` and bytes after the JSON",
            ));
        }
    };
    let needed = count.unsigned_abs() as usize * features;
    if values.len() == needed {
        return Ok(values);
    }
    Err(Fault::unfit(format!("`x` has {} values: its shape needs {needed}", values.len())))
}

fn input(jiter: &mut Jiter<'_>, features: usize) -> Result<Input, Fault> {
    let mut input = Input::default();
    object(jiter, "an input", |jiter, key| {
        match key {
            "name" => input.name = text(jiter, "name")?,
            "datatype" => input.datatype = text(jiter, "datatype")?,
            "shape" => list(jiter, "shape", |jiter| {
                input.shape.push(whole(jiter)?);
                Ok(())
            })?,
            "data" => input.listed = Some(listed(jiter, MAX_ROWS * features)?),
            "parameters" => object(jiter, "the parameters", |jiter, key| {
                match key {
                    "binary_data_size" => input.raw_bytes = usize::try_from(whole(jiter)?).ok(),
                    _ => jiter.next_skip()?,
                }
                Ok(())
            })?,
            _ => jiter.next_skip()?,
        }
        Ok(())
    })?;
    Ok(input)
}

fn output(jiter: &mut Jiter<'_>) -> Result<(String, Option<bool>), Fault> {
    let (mut name, mut binary) = (String::new(), None);
    object(jiter, "an output", |jiter, key| {
        match key {
            "name" => name = text(jiter, "name")?,
            "parameters" => binary = flag(jiter, "binary_data")?,
            _ => jiter.next_skip()?,
        }
        Ok(())
    })?;
    Ok((name, binary))
}

/// A flag among parameters, of which others are left alone; but classes are no forecasts.
fn flag(jiter: &mut Jiter<'_>, name: &str) -> Result<Option<bool>, Fault> {
    let mut flag = None;
    object(jiter, "the parameters", |jiter, key| {
        if key == "classification" {
            return Err(Fault::unfit("the outputs are no classes: leave `classification` out"));
        }
        if key != name {
            return Ok(jiter.next_skip()?);
        }
        flag = Some(jiter.next_bool().map_err(|_| Fault::unreadable(format!("`{name}` is true or false")))?);
        Ok(())
    })?;
    Ok(flag)
}

fn whole(jiter: &mut Jiter<'_>) -> Result<i64, Fault> {
    match jiter.next_int() {
        Ok(NumberInt::Int(value)) => Ok(value),
        _ => Err(Fault::unreadable("a size is no whole number")),
    }
}

fn text(jiter: &mut Jiter<'_>, what: &str) -> Result<String, Fault> {
    match jiter.peek()? {
        Peek::String => Ok(jiter.known_str()?.to_owned()),
        _ => Err(Fault::unreadable(format!("`{what}` is a text"))),
    }
}

/// Visits the keys of an object, whose values the visitor reads.
fn object(
    jiter: &mut Jiter<'_>,
    what: &str,
    mut visit: impl FnMut(&mut Jiter<'_>, &str) -> Result<(), Fault>,
) -> Result<(), Fault> {
    if jiter.peek()? != Peek::Object {
        return Err(Fault::unreadable(format!("{what} is no JSON object")));
    }
    let mut key = jiter.known_object()?.map(str::to_owned);
    while let Some(name) = key {
        visit(jiter, &name)?;
        key = jiter.next_key()?.map(str::to_owned);
    }
    Ok(())
}

/// Visits the items of a list, which the visitor reads.
fn list(
    jiter: &mut Jiter<'_>,
    what: &str,
    mut visit: impl FnMut(&mut Jiter<'_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    if jiter.peek()? != Peek::Array {
        return Err(Fault::unreadable(format!("`{what}` is a list")));
    }
    let mut next = jiter.known_array()?;
    while next.is_some() {
        visit(jiter)?;
        next = jiter.array_step()?;
    }
    Ok(())
}

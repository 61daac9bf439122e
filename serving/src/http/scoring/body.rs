//! A JSON body of the scoring protocol, read straight into one flat buffer of rows.

use jiter::{Jiter, Peek};

use super::super::numbers::{Fault, reader, row};
use super::TENSOR;
use super::split::split;
use super::table::Table;

/// Keys that MLflow takes for a conversation with a language model.
const CONVERSATION: [&str; 3] = ["messages", "prompt", "input"];

/// The values of all rows, one row after the other, in the order of `features`.
///
/// # Errors
/// [`Fault`], where MLflow refuses the body, or there are too many rows.
pub(super) fn rows(body: &[u8], features: &[String]) -> Result<Vec<f32>, Fault> {
    let mut jiter = reader(body)?;
    if jiter.peek()? != Peek::Object {
        jiter.next_skip()?;
        return Err(Fault::unreadable(one_of("the body is no JSON object")));
    }
    let mut found: Option<(&str, Vec<f32>)> = None;
    let mut key = known(jiter.known_object()?);
    while let Some(name) = key {
        match name {
            Key::Format(name, reading) => {
                if let Some((other, _)) = found.as_ref().filter(|(other, _)| *other != name) {
                    return Err(Fault::unreadable(one_of(&format!(
                        "the body has both `{other}` and `{name}`"
                    ))));
                }
                found = Some((name, reading(&mut jiter, features)?));
            }
            Key::Conversation => {
                return Err(Fault::unfit("the model holds no conversation: send rows of features"));
            }
            // Parameters, too: the signature has none, and MLflow ignores those that it does not know.
            Key::Other => jiter.next_skip()?,
        }
        key = known(jiter.next_key()?);
    }
    jiter.finish()?;
    found.map(|(_, values)| values).ok_or_else(|| Fault::unreadable(one_of("the body has no rows")))
}

/// How the value of a key is read.
type Reading = fn(&mut Jiter<'_>, &[String]) -> Result<Vec<f32>, Fault>;

enum Key {
    Format(&'static str, Reading),
    Conversation,
    Other,
}

fn known(key: Option<&str>) -> Option<Key> {
    Some(match key? {
        "inputs" => Key::Format("inputs", inputs),
        "instances" => Key::Format("instances", instances),
        "dataframe_split" => Key::Format("dataframe_split", split),
        "dataframe_records" => Key::Format("dataframe_records", records),
        key if CONVERSATION.contains(&key) => Key::Conversation,
        _ => Key::Other,
    })
}

fn one_of(reason: &str) -> String {
    format!("{reason}: send exactly one of `inputs`, `instances`, `dataframe_split` and `dataframe_records`")
}

/// `[[..], ..]`, or the same as `{"x": [[..], ..]}`.
fn inputs(jiter: &mut Jiter<'_>, features: &[String]) -> Result<Vec<f32>, Fault> {
    match jiter.peek()? {
        Peek::Object => named(jiter, features),
        Peek::Array => {
            let first = jiter.known_array()?;
            matrix(jiter, first, features)
        }
        peek => {
            jiter.known_skip(peek)?;
            Err(no_matrix(features))
        }
    }
}

/// The same, or `[{"x": [..]}, ..]`.
fn instances(jiter: &mut Jiter<'_>, features: &[String]) -> Result<Vec<f32>, Fault> {
    if jiter.peek()? != Peek::Array {
        return inputs(jiter, features);
    }
    let first = jiter.known_array()?;
    if first != Some(Peek::Object) {
        return matrix(jiter, first, features);
    }
    let (mut next, mut values) = (first, Vec::new());
    while let Some(peek) = next {
        if peek != Peek::Object {
            return Err(Fault::unreadable("the instances are not all objects"));
        }
        let before = values.len();
        tensor_of(jiter, |jiter, peek| {
            values.truncate(before);
            match peek {
                Peek::Array => row(jiter, features.len(), &mut values),
                _ => Err(no_matrix(features)),
            }
        })?;
        next = jiter.array_step()?;
    }
    Ok(values)
}

fn named(jiter: &mut Jiter<'_>, features: &[String]) -> Result<Vec<f32>, Fault> {
    let mut values = Vec::new();
    tensor_of(jiter, |jiter, peek| {
        if peek != Peek::Array {
            return Err(no_matrix(features));
        }
        let first = jiter.known_array()?;
        values = matrix(jiter, first, features)?;
        Ok(())
    })?;
    Ok(values)
}

/// Reads the value of `x` in an object whose other keys are left alone.
fn tensor_of(
    jiter: &mut Jiter<'_>,
    mut read: impl FnMut(&mut Jiter<'_>, Peek) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut found = false;
    let mut key = jiter.known_object()?.map(|key| key == TENSOR);
    while let Some(is_tensor) = key {
        let peek = jiter.peek()?;
        if is_tensor {
            read(jiter, peek)?;
            found = true;
        } else {
            jiter.known_skip(peek)?;
        }
        key = jiter.next_key()?.map(|key| key == TENSOR);
    }
    if found { Ok(()) } else { Err(Fault::unfit(format!("the input `{TENSOR}` is missing"))) }
}

/// The rows of a list that has been begun.
fn matrix(jiter: &mut Jiter<'_>, first: Option<Peek>, features: &[String]) -> Result<Vec<f32>, Fault> {
    let mut next = first;
    let mut values = Vec::with_capacity(features.len());
    if next.is_none() {
        return Err(no_matrix(features));
    }
    while let Some(peek) = next {
        if peek != Peek::Array {
            return Err(no_matrix(features));
        }
        row(jiter, features.len(), &mut values)?;
        next = jiter.array_step()?;
    }
    Ok(values)
}

fn no_matrix(features: &[String]) -> Fault {
    let width = features.len();
    Fault::unfit(format!("`{TENSOR}` is a list of at least one row, each a list of {width} numbers"))
}

/// `[{"a": 1, "b": 2}, ..]`
fn records(jiter: &mut Jiter<'_>, features: &[String]) -> Result<Vec<f32>, Fault> {
    if jiter.peek()? != Peek::Array {
        jiter.next_skip()?;
        return Err(Fault::unreadable("`dataframe_records` is a list of objects"));
    }
    let mut table = Table::new(features);
    let mut next = jiter.known_array()?;
    while let Some(peek) = next {
        if peek != Peek::Object {
            return Err(Fault::unfit("`dataframe_records` has a row without names of columns"));
        }
        table.record(jiter)?;
        next = jiter.array_step()?;
    }
    table.finish()
}

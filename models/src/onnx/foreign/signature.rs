//! What goes into a graph and what comes out.

use std::collections::BTreeSet;

use super::read::refused;
use crate::Result;
use crate::onnx::proto::{
    DOUBLE, DimensionValue, FLOAT, GraphProto, TensorTypeProto, TypeProto, TypeValue, ValueInfoProto,
};

/// The one input and the one output that count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signature {
    pub input: String,
    /// [`FLOAT`] or [`DOUBLE`].
    pub input_type: i32,
    pub features: usize,
    pub output: String,
}

impl Signature {
    pub(super) fn of(graph: &GraphProto, output: Option<&str>) -> Result<Self> {
        let input = input(graph)?;
        let (input_type, features) = matrix(input)?;
        let output = forecast(&graph.output, output)?.name().to_owned();
        Ok(Self { input: input.name().to_owned(), input_type, features, output })
    }
}

/// The input that must be fed: one that is a constant, too, need not be.
fn input(graph: &GraphProto) -> Result<&ValueInfoProto> {
    let sparse = graph.sparse_initializer.iter().filter_map(|sparse| sparse.values.as_ref());
    let constants: BTreeSet<&str> = graph.initializer.iter().chain(sparse).map(|t| t.name()).collect();
    let fed: Vec<_> = graph.input.iter().filter(|input| !constants.contains(input.name())).collect();
    match fed.as_slice() {
        [one] => Ok(one),
        [] => Err(refused("it has no input".to_owned())),
        several => Err(refused(format!(
            "it has {} inputs ({}), and one matrix of all features is needed: with skl2onnx, give initial_types \
             one FloatTensorType([None, features])",
            several.len(),
            list(several.iter().copied())
        ))),
    }
}

/// Type and width of the input matrix.
fn matrix(input: &ValueInfoProto) -> Result<(i32, usize)> {
    let wrong = |what: &str| refused(format!("its input {} {what}", described(input)));
    let tensor = number(input).ok_or_else(|| wrong("is no matrix of floats or doubles"))?;
    let dims = dims(tensor).ok_or_else(|| wrong("does not say how many features it takes"))?;
    let [rows, columns] = dims.as_slice() else {
        return Err(wrong("is no matrix of rows and features"));
    };
    if rows.is_some_and(|rows| rows > 0) {
        return Err(wrong("takes a fixed number of rows: export it with a dynamic batch axis"));
    }
    let features = columns.and_then(|columns| usize::try_from(columns).ok()).filter(|columns| *columns > 0);
    let features = features.ok_or_else(|| wrong("does not say how many features it takes"))?;
    Ok((tensor.elem_type(), features))
}

/// The output that is a forecast a row.
fn forecast<'a>(outputs: &'a [ValueInfoProto], wanted: Option<&str>) -> Result<&'a ValueInfoProto> {
    let refused = |what: &str| refused(format!("{what}; its outputs are {}", list(outputs)));
    if let Some(wanted) = wanted {
        let output = outputs.iter().find(|output| output.name() == wanted);
        let output = output.ok_or_else(|| refused(&format!("it has no output `{wanted}`")))?;
        let no_forecast = || refused(&format!("its output `{wanted}` is not one number a row"));
        return is_forecast(output).then_some(output).ok_or_else(no_forecast);
    }
    let possible: Vec<_> = outputs.iter().filter(|output| is_forecast(output)).collect();
    match possible.as_slice() {
        [one] => Ok(one),
        [] => Err(refused("none of its outputs is one float or double a row: a regressor is needed")),
        _ => Err(refused("several of its outputs could be the forecast: name one")),
    }
}

/// Whether an output is a number a row, as far as its type tells.
fn is_forecast(output: &ValueInfoProto) -> bool {
    number(output).is_some_and(|tensor| match dims(tensor).as_deref() {
        None | Some([_]) => true,
        Some([_, columns]) => columns.is_none_or(|columns| columns == 1),
        Some(_) => false,
    })
}

/// The type of a tensor of floats or doubles.
fn number(value: &ValueInfoProto) -> Option<&TensorTypeProto> {
    match value.r#type.as_ref()?.value.as_ref()? {
        TypeValue::Tensor(tensor) if [FLOAT, DOUBLE].contains(&tensor.elem_type()) => Some(tensor),
        _ => None,
    }
}

/// The dimensions that are known; `None` when not even their number is.
fn dims(tensor: &TensorTypeProto) -> Option<Vec<Option<i64>>> {
    let size = |value: &Option<DimensionValue>| match value {
        Some(DimensionValue::Size(size)) => Some(*size),
        _ => None,
    };
    tensor.shape.as_ref().map(|shape| shape.dim.iter().map(|dim| size(&dim.value)).collect())
}

fn list<'a>(values: impl IntoIterator<Item = &'a ValueInfoProto>) -> String {
    values.into_iter().map(described).collect::<Vec<_>>().join(", ")
}

/// Such as "`X` (float[?, 5])".
fn described(value: &ValueInfoProto) -> String {
    format!("`{}` ({})", value.name(), value.r#type.as_ref().map_or_else(|| "no type".to_owned(), type_name))
}

fn type_name(r#type: &TypeProto) -> String {
    let tensor = match &r#type.value {
        Some(TypeValue::Tensor(tensor)) => tensor,
        Some(TypeValue::Sequence(_)) => return "a sequence".to_owned(),
        Some(TypeValue::Map(_)) => return "a map".to_owned(),
        _ => return "another type".to_owned(),
    };
    let element = match tensor.elem_type() {
        FLOAT => "float".to_owned(),
        DOUBLE => "double".to_owned(),
        7 => "int64".to_owned(),
        8 => "string".to_owned(),
        other => format!("type {other}"),
    };
    let size = |size: Option<i64>| size.map_or_else(|| "?".to_owned(), |size| size.to_string());
    let dims = dims(tensor).map(|dims| dims.into_iter().map(size).collect::<Vec<_>>().join(", "));
    format!("{element}[{}]", dims.unwrap_or_else(|| "...".to_owned()))
}

//! `ModelInfer`: a tensor in, tensors out, each in the form in which it came: bytes, or a list of its type.

use axum::body::Bytes;
use weekahead_models::Outputs;

use super::super::super::Api;
use super::super::super::numbers::{Fault, beside};
use super::super::answer::wanted;
use super::super::fault::{InferenceFault, live_model};
use super::super::infer::matrix;
use super::super::outputs::Output;
use super::super::request::{Input, Request, rows};
use super::messages::{Contents, InferAnswer, InferRequest, Tensor, Wanted};
use crate::LoadedModel;

/// What the champion says of a tensor `x` of rows of features.
pub(super) async fn infer(api: Api, asked: InferRequest) -> Result<InferAnswer, InferenceFault> {
    let champion = live_model(&api, &asked.model_name, version(&asked.model_version))?;
    let outputs = asked.outputs.into_iter().map(output).collect::<Result<Vec<_>, _>>()?;
    let wanted = wanted(&Request { outputs, ..Request::default() }, &champion)?;
    let is_raw = !asked.raw.is_empty();
    let (inputs, raw) = inputs(asked.inputs, asked.raw)?;
    let features = champion.meta().features.len();
    let read = beside(raw, move |raw| matrix(rows(inputs, raw, features)?, features));
    let told = champion.score(read.await?).await?;
    let wanted = wanted.into_iter().map(|(output, _)| output);
    Ok(answer(asked.id, wanted, is_raw, &champion, &told))
}

/// A version that is asked for; none is any.
pub(super) fn version(asked: &str) -> Option<&str> {
    Some(asked).filter(|version| !version.is_empty())
}

fn output(wanted: Wanted) -> Result<(String, Option<bool>), Fault> {
    if wanted.parameters.contains_key("classification") {
        return Err(Fault::unfit("the outputs are no classes: leave `classification` out"));
    }
    Ok((wanted.name, None))
}

/// Inputs as the protocol over HTTP has them, and the bytes of the first.
fn inputs(tensors: Vec<Tensor>, raw: Vec<Bytes>) -> Result<(Vec<Input>, Bytes), Fault> {
    if !raw.is_empty()
        && (raw.len() != tensors.len() || tensors.iter().any(|tensor| tensor.contents.is_some()))
    {
        return Err(Fault::unfit("an input has either `contents` or an entry of `raw_input_contents`"));
    }
    let raw_bytes = |place: usize| raw.get(place).map(Bytes::len);
    let input = |(place, tensor): (usize, Tensor)| {
        let raw_bytes = raw_bytes(place);
        let listed = || values(tensor.contents.unwrap_or_default(), &tensor.datatype);
        let listed = if raw_bytes.is_none() { Some(listed()) } else { None };
        Input { name: tensor.name, shape: tensor.shape, datatype: tensor.datatype, listed, raw_bytes }
    };
    let inputs = tensors.into_iter().enumerate().map(input).collect();
    Ok((inputs, raw.into_iter().next().unwrap_or_default()))
}

/// The values of the list of a type; that of another type is as good as empty.
fn values(contents: Contents, datatype: &str) -> Vec<f32> {
    match datatype {
        "FP64" => contents.fp64.into_iter().map(|value| value as f32).collect(),
        "INT8" | "INT16" | "INT32" => contents.int.into_iter().map(|value| value as f32).collect(),
        "INT64" => contents.int64.into_iter().map(|value| value as f32).collect(),
        "UINT8" | "UINT16" | "UINT32" => contents.uint.into_iter().map(|value| value as f32).collect(),
        "UINT64" => contents.uint64.into_iter().map(|value| value as f32).collect(),
        _ => contents.fp32,
    }
}

fn answer(
    id: String,
    wanted: impl Iterator<Item = Output>,
    is_raw: bool,
    model: &LoadedModel,
    told: &Outputs,
) -> InferAnswer {
    let (model_name, model_version) = (model.model.clone(), model.version.to_string());
    let mut answer = InferAnswer { model_name, model_version, id, ..InferAnswer::default() };
    for output in wanted {
        let values = output.values(model, told);
        let size = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let mut tensor = Tensor {
            name: output.name().to_owned(),
            datatype: "FP32".to_owned(),
            shape: vec![size(told.y.len()), size(output.columns(model))],
            contents: None,
        };
        if is_raw {
            let bytes = values.iter().flat_map(|value| value.to_le_bytes());
            answer.raw.push(bytes.collect::<Vec<u8>>().into());
        } else {
            tensor.contents = Some(Contents { fp32: values, ..Contents::default() });
        }
        answer.outputs.push(tensor);
    }
    answer
}

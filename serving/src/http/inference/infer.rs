//! `POST /v2/models/{name}[/versions/{version}]/infer`: a tensor in, tensors out.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use ndarray::Array2;

use super::super::Api;
use super::super::numbers::{Fault, beside};
use super::JSON_LENGTH;
use super::answer::{Answer, answer, wanted};
use super::fault::{InferenceFault, live_model};
use super::request::request;
use super::schema::InferenceRequest;

/// What the champion says of a tensor `x` of rows of features.
#[utoipa::path(
    post, path = "/v2/models/{name}/infer", tag = "inference",
    params(("name" = String, Path, description = "The registered model", example = "weekahead-weekly")),
    request_body(
        description = "The tensor `x`, in JSON, or raw after the JSON whose length `Inference-Header-Content-Length` tells",
        content(
            (InferenceRequest = "application/json", example = json!({
                "inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [0.01, 0.02]}]
            })),
            (Vec<u8> = "application/octet-stream")
        )
    ),
    responses(
        (status = 200, description = "The outputs", body = Object),
        (status = 400, description = "No such tensor", body = InferenceFault),
        (status = 404, description = "Another model", body = InferenceFault),
        (status = 413, description = "Too large", body = InferenceFault),
        (status = 500, description = "The model failed", body = InferenceFault),
        (status = 503, description = "No model is live", body = InferenceFault)
    )
)]
pub(in crate::http) async fn infer(
    State(api): State<Api>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, InferenceFault> {
    run(&api, &name, None, &headers, body).await
}

/// The same of a version, which must be the live one.
#[utoipa::path(
    post, path = "/v2/models/{name}/versions/{version}/infer", tag = "inference",
    params(
        ("name" = String, Path, description = "The registered model", example = "weekahead-weekly"),
        ("version" = String, Path, description = "The version", example = "1", pattern = "^[1-9][0-9]*$")
    ),
    request_body(content(
        (InferenceRequest = "application/json", example = json!({
            "inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [0.01, 0.02]}]
        })),
        (Vec<u8> = "application/octet-stream")
    )),
    responses(
        (status = 200, description = "The outputs", body = Object),
        (status = 400, description = "No such tensor", body = InferenceFault),
        (status = 404, description = "Another model or version", body = InferenceFault),
        (status = 413, description = "Too large", body = InferenceFault),
        (status = 500, description = "The model failed", body = InferenceFault),
        (status = 503, description = "No model is live", body = InferenceFault)
    )
)]
pub(in crate::http) async fn infer_version(
    State(api): State<Api>,
    Path((name, version)): Path<(String, String)>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, InferenceFault> {
    run(&api, &name, Some(&version), &headers, body).await
}

async fn run(
    api: &Api,
    name: &str,
    version: Option<&str>,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, InferenceFault> {
    let champion = live_model(api, name, version)?;
    let body = body?;
    let json = json_length(headers, body.len())?;
    let asked = champion.clone();
    let read = beside(body, move |body| {
        let (json, raw) = body.split_at(json);
        let features = asked.meta().features.len();
        let mut request = request(json, raw, features)?;
        let wanted = wanted(&request, &asked)?;
        let values = std::mem::take(&mut request.values);
        Ok((request.id, wanted, matrix(values, features)?))
    });
    let (id, wanted, rows) = read.await?;
    let outputs = champion.score(rows).await?;
    Ok(response(answer(id.as_deref(), &wanted, &champion, &outputs)))
}

/// Values, one row after the other, as a model takes them.
pub(super) fn matrix(values: Vec<f32>, features: usize) -> Result<Array2<f32>, Fault> {
    let rows = values.len() / features.max(1);
    Array2::from_shape_vec((rows, features), values).map_err(|error| Fault::unfit(error.to_string()))
}

/// How much of the body is JSON: all of it where nothing is said.
fn json_length(headers: &HeaderMap, body: usize) -> Result<usize, Fault> {
    let Some(told) = headers.get(JSON_LENGTH) else { return Ok(body) };
    let length = told.to_str().ok().and_then(|told| told.parse().ok()).filter(|length| *length <= body);
    length.ok_or_else(|| Fault::unreadable("Inference-Header-Content-Length is not within the body"))
}

fn response(answer: Answer) -> Response {
    let kind = if answer.json_bytes.is_some() { "application/octet-stream" } else { "application/json" };
    let mut response = ([(header::CONTENT_TYPE, kind)], answer.body).into_response();
    if let Some(length) = answer.json_bytes {
        response.headers_mut().insert(JSON_LENGTH, HeaderValue::from(length));
    }
    response
}

//! `POST /invocations`: rows in, what the champion says of them out.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use ndarray::Array2;

use super::super::Api;
use super::super::numbers::{Fault, beside};
use super::answer;
use super::body;
use super::csv;
use super::fault::ScoringFault;
use super::media::{Media, media};

/// What the champion says of rows of features: MLflow's scoring protocol.
#[utoipa::path(
    post,
    path = "/invocations",
    tag = "mlflow",
    request_body(
        description = "One of `inputs`, `instances`, `dataframe_split` and `dataframe_records`, or CSV",
        content(
            (Object = "application/json", example = json!({"inputs": {"x": [[0.01, 0.02]]}})),
            (String = "text/csv")
        )
    ),
    responses(
        (status = 200, description = "Each output of the model, a row each", body = Object),
        (status = 400, description = "No such rows", body = ScoringFault),
        (status = 413, description = "Too large", body = ScoringFault),
        (status = 415, description = "Neither JSON nor CSV, or not UTF-8", body = ScoringFault),
        (status = 500, description = "The model failed", body = ScoringFault),
        (status = 503, description = "No model is live", body = ScoringFault)
    )
)]
pub(in crate::http) async fn invocations(
    State(api): State<Api>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<impl IntoResponse, ScoringFault> {
    let body = body?;
    let media = media(&headers)?;
    let champion = api.live.champion()?;
    let asked = champion.clone();
    let rows = beside(body, move |body| {
        let features = &asked.meta().features;
        let values = match media {
            Media::Json => body::rows(body, features)?,
            Media::Csv => csv::rows(body, features)?,
        };
        let shape = (values.len() / features.len().max(1), features.len());
        Array2::from_shape_vec(shape, values).map_err(|error| Fault::unfit(error.to_string()))
    });
    let outputs = champion.score(rows.await?).await?;
    let json = answer::predictions(&outputs, champion.offsets());
    Ok(([(header::CONTENT_TYPE, "application/json")], json))
}

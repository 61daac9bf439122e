//! `/ping` and `/health`: a model is live. `/version`: which MLflow this speaks like.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;

use super::super::Api;

/// What MLflow calls every answer, a line feed included.
const JSON: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/json")];

/// Whether a model is live, at the path that SageMaker asks.
#[utoipa::path(get, path = "/ping", tag = "mlflow", responses(
    (status = 200, description = "A champion is live", body = String, content_type = "application/json"),
    (status = 503, description = "None is", body = String, content_type = "application/json")
))]
pub(in crate::http) async fn ping(State(api): State<Api>) -> impl IntoResponse {
    let status = if api.live.champion().is_ok() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, JSON, "\n")
}

/// Whether a model is live.
#[utoipa::path(get, path = "/health", tag = "mlflow", responses(
    (status = 200, description = "A champion is live", body = String, content_type = "application/json"),
    (status = 503, description = "None is", body = String, content_type = "application/json")
))]
pub(in crate::http) async fn health(api: State<Api>) -> impl IntoResponse {
    ping(api).await
}

/// The version of MLflow whose protocol this is.
#[utoipa::path(get, path = "/version", tag = "mlflow", responses(
    (status = 200, description = "A version, bare", body = String, content_type = "application/json")
))]
pub(in crate::http) async fn version() -> impl IntoResponse {
    (JSON, weekahead_tracker::MLFLOW_VERSION)
}

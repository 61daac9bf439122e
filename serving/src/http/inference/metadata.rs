//! What there is: the server, its health, the model and its tensors.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::Api;
use super::fault::{InferenceFault, live_model};
use super::outputs::Output;
use crate::LoadedModel;

/// Who answers, and which extensions of the protocol it has.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ServerMetadata {
    /// The server.
    #[schema(example = "weekahead")]
    pub name: String,
    /// Its version.
    pub version: String,
    /// The protocol's extensions.
    #[schema(example = json!(["binary_tensor_data"]))]
    pub extensions: Vec<String>,
}

/// A model and its tensors.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ModelMetadata {
    /// The registered model.
    pub name: String,
    /// The versions that can be asked: the champion.
    pub versions: Vec<String>,
    /// What runs it.
    pub platform: String,
    /// What it takes.
    pub inputs: Vec<TensorMetadata>,
    /// What it gives.
    pub outputs: Vec<TensorMetadata>,
}

/// A tensor: rows x columns, any number of rows.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TensorMetadata {
    /// Its name in the graph.
    #[schema(example = "x")]
    pub name: String,
    /// The type of its values.
    #[schema(example = "FP32")]
    pub datatype: String,
    /// Its shape; -1 is any number.
    #[schema(example = json!([-1, 158]))]
    pub shape: Vec<i64>,
}

/// Who answers.
#[utoipa::path(get, path = "/v2", tag = "inference", responses(
    (status = 200, description = "The server", body = ServerMetadata)
))]
pub(in crate::http) async fn server() -> Json<ServerMetadata> {
    Json(server_metadata())
}

pub(super) fn server_metadata() -> ServerMetadata {
    ServerMetadata {
        name: "weekahead".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        extensions: vec!["binary_tensor_data".to_owned()],
    }
}

/// Whether the process lives.
#[utoipa::path(get, path = "/v2/health/live", tag = "inference", responses((status = 200, description = "It lives")))]
pub(in crate::http) async fn live() -> StatusCode {
    StatusCode::OK
}

/// Whether a model is live.
#[utoipa::path(get, path = "/v2/health/ready", tag = "inference", responses(
    (status = 200, description = "A champion is live"),
    (status = 503, description = "None is", body = InferenceFault)
))]
pub(in crate::http) async fn ready(State(api): State<Api>) -> Result<StatusCode, InferenceFault> {
    api.live.champion()?;
    Ok(StatusCode::OK)
}

/// The live model and its tensors.
#[utoipa::path(
    get, path = "/v2/models/{name}", tag = "inference",
    params(("name" = String, Path, description = "The registered model", example = "weekahead-weekly")),
    responses(
        (status = 200, description = "The model", body = ModelMetadata),
        (status = 404, description = "Another model", body = InferenceFault),
        (status = 503, description = "No model is live", body = InferenceFault)
    )
)]
pub(in crate::http) async fn model(
    State(api): State<Api>,
    Path(name): Path<String>,
) -> Result<Json<ModelMetadata>, InferenceFault> {
    let champion = live_model(&api, &name, None)?;
    Ok(Json(metadata(&champion)))
}

/// The same of a version, which must be the live one.
#[utoipa::path(
    get, path = "/v2/models/{name}/versions/{version}", tag = "inference",
    params(
        ("name" = String, Path, description = "The registered model", example = "weekahead-weekly"),
        ("version" = String, Path, description = "The version", example = "1", pattern = "^[1-9][0-9]*$")
    ),
    responses(
        (status = 200, description = "The model", body = ModelMetadata),
        (status = 404, description = "Another model or version", body = InferenceFault),
        (status = 503, description = "No model is live", body = InferenceFault)
    )
)]
pub(in crate::http) async fn model_version(
    State(api): State<Api>,
    Path((name, version)): Path<(String, String)>,
) -> Result<Json<ModelMetadata>, InferenceFault> {
    let champion = live_model(&api, &name, Some(&version))?;
    Ok(Json(metadata(&champion)))
}

/// Whether this model is live.
#[utoipa::path(
    get, path = "/v2/models/{name}/ready", tag = "inference",
    params(("name" = String, Path, description = "The registered model", example = "weekahead-weekly")),
    responses(
        (status = 200, description = "It is live"),
        (status = 404, description = "Another model", body = InferenceFault),
        (status = 503, description = "No model is live", body = InferenceFault)
    )
)]
pub(in crate::http) async fn model_ready(
    State(api): State<Api>,
    Path(name): Path<String>,
) -> Result<StatusCode, InferenceFault> {
    live_model(&api, &name, None).map(|_| StatusCode::OK)
}

/// Whether this version is live.
#[utoipa::path(
    get, path = "/v2/models/{name}/versions/{version}/ready", tag = "inference",
    params(
        ("name" = String, Path, description = "The registered model", example = "weekahead-weekly"),
        ("version" = String, Path, description = "The version", example = "1", pattern = "^[1-9][0-9]*$")
    ),
    responses(
        (status = 200, description = "It is live"),
        (status = 404, description = "Another model or version", body = InferenceFault),
        (status = 503, description = "No model is live", body = InferenceFault)
    )
)]
pub(in crate::http) async fn model_version_ready(
    State(api): State<Api>,
    Path((name, version)): Path<(String, String)>,
) -> Result<StatusCode, InferenceFault> {
    live_model(&api, &name, Some(&version)).map(|_| StatusCode::OK)
}

pub(super) fn metadata(champion: &LoadedModel) -> ModelMetadata {
    let tensor = |name: &str, columns: usize| TensorMetadata {
        name: name.to_owned(),
        datatype: "FP32".to_owned(),
        shape: vec![-1, columns.try_into().unwrap_or(i64::MAX)],
    };
    let outputs = Output::of(champion).map(|output| tensor(output.name(), output.columns(champion)));
    ModelMetadata {
        name: champion.model.clone(),
        versions: vec![champion.version.to_string()],
        platform: "onnxruntime_onnx".to_owned(),
        inputs: vec![tensor("x", champion.meta().features.len())],
        outputs: outputs.collect(),
    }
}

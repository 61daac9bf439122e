//! The Open Inference Protocol, version 2: what KServe's and Triton's clients speak, with binary tensors; `grpc` is the same over gRPC.

mod answer;
mod fault;
mod grpc;
mod infer;
mod metadata;
mod outputs;
mod request;
mod schema;
mod tensor;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use super::Api;
use super::numbers::MAX_BODY_BYTES;

pub use fault::InferenceFault;
pub(super) use grpc::{is_grpc, meaning, refusal};
pub(super) use infer::{__path_infer, __path_infer_version, infer, infer_version};
pub(super) use metadata::{
    __path_live, __path_model, __path_model_ready, __path_model_version, __path_model_version_ready,
    __path_ready, __path_server, live, model, model_ready, model_version, model_version_ready, ready, server,
};
pub use metadata::{ModelMetadata, ServerMetadata, TensorMetadata};
pub use schema::{InferenceInput, InferenceOutput, InferenceRequest};

/// The header that says how much of a body is JSON: binary tensors follow.
const JSON_LENGTH: &str = "inference-header-content-length";

/// The routes, with a limit of bodies of their own.
pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/v2", get(server))
        .route("/v2/health/live", get(live))
        .route("/v2/health/ready", get(ready))
        .route("/v2/models/{name}", get(model))
        .route("/v2/models/{name}/ready", get(model_ready))
        .route("/v2/models/{name}/infer", post(infer))
        .route("/v2/models/{name}/versions/{version}", get(model_version))
        .route("/v2/models/{name}/versions/{version}/ready", get(model_version_ready))
        .route("/v2/models/{name}/versions/{version}/infer", post(infer_version))
        .merge(grpc::routes())
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

//! The Open Inference Protocol over gRPC: the service `inference.GRPCInferenceService`, on the port of everything else.
//!
//! Its methods are routes like any, behind the same layers; `messages` is what they say, `infer` turns tensors over, `status` errors.

mod infer;
mod messages;
mod status;

use std::future::ready;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use prost::Message;
use tonic::server::Grpc;
use tonic_prost::ProstCodec;
use tower::service_fn;

use super::super::numbers::MAX_BODY_BYTES;
use super::super::{Api, RequestContext};
use super::fault::{InferenceFault, live_model};
use super::metadata::{metadata, server_metadata};
use super::{ModelMetadata, ServerMetadata, TensorMetadata};
use infer::{infer, version};
use messages::{Answer, Model, ModelName, Nothing, Server, Tensor};
use status::exhausted;

pub(in crate::http) use status::{is_grpc, meaning, refusal};

/// What stands before a message: whether it is compressed, and its length.
const MESSAGE_HEAD_BYTES: usize = 5;

/// The routes: the path of a method is its name behind the service's.
pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/inference.GRPCInferenceService/ServerLive", post(server_live))
        .route("/inference.GRPCInferenceService/ServerReady", post(server_ready))
        .route("/inference.GRPCInferenceService/ServerMetadata", post(server))
        .route("/inference.GRPCInferenceService/ModelReady", post(model_ready))
        .route("/inference.GRPCInferenceService/ModelMetadata", post(model))
        .route("/inference.GRPCInferenceService/ModelInfer", post(model_infer))
}

async fn server_live(request: Request) -> Response {
    unary(request, |_: Nothing| ready(Ok(Answer { yes: true }))).await
}

async fn server_ready(State(api): State<Api>, request: Request) -> Response {
    unary(request, |_: Nothing| ready(Ok(Answer { yes: api.live.champion().is_ok() }))).await
}

async fn server(request: Request) -> Response {
    let ServerMetadata { name, version, extensions } = server_metadata();
    let told = Server { name, version, extensions };
    unary(request, |_: Nothing| ready(Ok(told.clone()))).await
}

async fn model_ready(State(api): State<Api>, request: Request) -> Response {
    let live = |asked: ModelName| live_model(&api, &asked.name, version(&asked.version)).is_ok();
    unary(request, |asked| ready(Ok(Answer { yes: live(asked) }))).await
}

async fn model(State(api): State<Api>, request: Request) -> Response {
    let told = |asked: ModelName| {
        let champion = live_model(&api, &asked.name, version(&asked.version))?;
        Ok(Model::from(metadata(&champion)))
    };
    unary(request, |asked| ready(told(asked))).await
}

async fn model_infer(State(api): State<Api>, request: Request) -> Response {
    unary(request, |asked| infer(api.clone(), asked)).await
}

/// Answers a request of one message with one message.
async fn unary<Q, A, F>(request: Request, mut answer: impl FnMut(Q) -> F) -> Response
where
    Q: Message + Default + 'static,
    A: Message + Default + 'static,
    F: Future<Output = Result<A, InferenceFault>>,
{
    if !is_grpc(request.headers()) {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let most = RequestContext::of(&request).map_or(MAX_BODY_BYTES, |context| context.most_body_bytes);
    // The message of a body at the limit is smaller by its own head.
    let most = most.min(MAX_BODY_BYTES).saturating_sub(MESSAGE_HEAD_BYTES);
    let service = service_fn(|asked: tonic::Request<Q>| {
        let answering = answer(asked.into_inner());
        async { answering.await.map(tonic::Response::new).map_err(tonic::Status::from) }
    });
    let mut grpc = Grpc::new(ProstCodec::<A, Q>::default()).max_decoding_message_size(most);
    exhausted(grpc.unary(service, request).await.map(Body::new))
}

impl From<ModelMetadata> for Model {
    fn from(model: ModelMetadata) -> Self {
        let ModelMetadata { name, versions, platform, inputs, outputs } = model;
        let tensors = |tensors: Vec<TensorMetadata>| tensors.into_iter().map(Tensor::from).collect();
        Self { name, versions, platform, inputs: tensors(inputs), outputs: tensors(outputs) }
    }
}

impl From<TensorMetadata> for Tensor {
    fn from(TensorMetadata { name, datatype, shape }: TensorMetadata) -> Self {
        Self { name, datatype, shape, contents: None }
    }
}

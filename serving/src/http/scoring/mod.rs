//! MLflow's scoring protocol: what answers `mlflow models serve`'s clients unchanged.
//!
//! The champion is answered for as MLflow would serve it: a model of one input tensor `x`. Over that, tables whose columns are the
//! model's features are taken, in any order, which MLflow refuses for a model with a tensor signature.

mod answer;
mod body;
mod csv;
mod fault;
mod invocations;
mod media;
mod probes;
mod split;
mod table;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use super::Api;
use super::numbers::MAX_BODY_BYTES;

pub use fault::ScoringFault;
pub(super) use invocations::{__path_invocations, invocations};
pub(super) use probes::{__path_health, __path_ping, __path_version, health, ping, version};

/// The input tensor of every artifact.
pub(super) const TENSOR: &str = "x";

/// The routes, with a limit of bodies of their own.
pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/ping", get(ping))
        .route("/health", get(health))
        .route("/version", get(version))
        .route("/invocations", post(invocations))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

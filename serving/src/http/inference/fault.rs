//! Errors in the protocol's shape.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::Api;
use super::super::numbers::{Fault, shortened};
use crate::{Error, LoadedModel};

/// What went wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InferenceFault {
    #[serde(skip)]
    #[schema(ignore)]
    pub(super) status: u16,
    /// What happened in this request, and what to do.
    pub error: String,
}

impl InferenceFault {
    fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status: status.as_u16(), error: error.into() }
    }
}

/// The live model, if it is the one that is asked for.
///
/// # Errors
/// 404 for another model or version, 503 while none is live.
pub(super) fn live_model(
    api: &Api,
    name: &str,
    version: Option<&str>,
) -> Result<Arc<LoadedModel>, InferenceFault> {
    if name != api.live.registry().model() {
        let reason = format!(
            "there is no model `{}` here: this server has `{}`",
            shortened(name),
            api.live.registry().model()
        );
        return Err(InferenceFault::new(StatusCode::NOT_FOUND, reason));
    }
    let champion = api.live.champion()?;
    match version {
        Some(version) if version != champion.version.to_string() => {
            let reason = format!(
                "version `{}` of `{name}` is not served: version {} is",
                shortened(version),
                champion.version
            );
            Err(InferenceFault::new(StatusCode::NOT_FOUND, reason))
        }
        _ => Ok(champion),
    }
}

impl From<Fault> for InferenceFault {
    fn from(fault: Fault) -> Self {
        let status = match fault {
            Fault::TooManyRows => StatusCode::PAYLOAD_TOO_LARGE,
            Fault::Unreadable(_) | Fault::Unfit(_) => StatusCode::BAD_REQUEST,
        };
        Self::new(status, fault.message())
    }
}

impl From<BytesRejection> for InferenceFault {
    fn from(rejection: BytesRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

impl From<Error> for InferenceFault {
    /// Public text only: the rest is for the log.
    fn from(error: Error) -> Self {
        match &error {
            Error::NoChampion { .. } | Error::NotLive { .. } => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
            }
            _ => {
                tracing::error!(%error, "a request failed");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the server failed: its log says why")
            }
        }
    }
}

impl IntoResponse for InferenceFault {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(self)).into_response()
    }
}

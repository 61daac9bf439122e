//! Errors in MLflow's shape.

use axum::Json;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::numbers::Fault;
use crate::Error;

/// What went wrong with a request, as MLflow's clients read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScoringFault {
    #[serde(skip)]
    #[schema(ignore)]
    status: u16,
    /// The kind of fault, for programs, in MLflow's words.
    #[schema(example = "BAD_REQUEST")]
    pub error_code: String,
    /// What happened in this request, and what to do.
    pub message: String,
}

impl ScoringFault {
    pub(super) fn new(status: StatusCode, error_code: &str, message: impl Into<String>) -> Self {
        Self { status: status.as_u16(), error_code: error_code.to_owned(), message: message.into() }
    }

    /// A body of a kind that is not read.
    pub(super) fn media(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "BAD_REQUEST", message)
    }
}

impl From<Fault> for ScoringFault {
    fn from(fault: Fault) -> Self {
        let (status, code) = match fault {
            Fault::Unreadable(_) => (StatusCode::BAD_REQUEST, "BAD_REQUEST"),
            Fault::Unfit(_) => (StatusCode::BAD_REQUEST, "INVALID_PARAMETER_VALUE"),
            Fault::TooManyRows => (StatusCode::PAYLOAD_TOO_LARGE, "BAD_REQUEST"),
        };
        Self::new(status, code, fault.message())
    }
}

impl From<BytesRejection> for ScoringFault {
    fn from(rejection: BytesRejection) -> Self {
        Self::new(rejection.status(), "BAD_REQUEST", rejection.body_text())
    }
}

impl From<Error> for ScoringFault {
    /// Public text only: the rest is for the log.
    fn from(error: Error) -> Self {
        match &error {
            Error::NoChampion { .. } | Error::NotLive { .. } => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "TEMPORARILY_UNAVAILABLE", error.to_string())
            }
            _ => {
                tracing::error!(%error, "a request failed");
                let message = "the log of the server says why";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", message)
            }
        }
    }
}

impl IntoResponse for ScoringFault {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(self)).into_response()
    }
}

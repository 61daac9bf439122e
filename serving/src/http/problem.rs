//! Errors as problem details (RFC 9457), each with a stable `code`.

use axum::Json;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Error;

/// What went wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Where the kind of problem is described: a reference below `/problems/`.
    #[serde(rename = "type", default)]
    #[schema(example = "/problems/unknown_symbol", value_type = String)]
    pub kind: Box<str>,
    /// The kind of problem, for programs; never changes its meaning.
    #[schema(example = "unknown_symbol")]
    pub code: String,
    /// The same for people.
    #[schema(value_type = String)]
    pub title: Box<str>,
    /// The HTTP status.
    #[schema(example = 422)]
    pub status: u16,
    /// What happened in this request, and what to do.
    pub detail: String,
    /// This occurrence of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub instance: Option<Box<str>>,
    /// The request that it is about, as in the header `X-Request-Id` and in the server's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub request_id: Option<Box<str>>,
    /// When to try again, as a header says; 0 where nobody knows.
    #[serde(skip)]
    retry_after_seconds: u16,
}

impl Problem {
    /// A problem with its status, code, title and detail.
    pub fn new(status: StatusCode, code: &str, title: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("/problems/{code}").into(),
            code: code.to_owned(),
            title: title.into(),
            status: status.as_u16(),
            detail: detail.into(),
            instance: None,
            request_id: None,
            // Of what is over in a moment, a client need not be told more.
            retry_after_seconds: u16::from(status == StatusCode::SERVICE_UNAVAILABLE),
        }
    }

    /// The same, to be tried again after some seconds.
    pub fn retry_after(self, seconds: u16) -> Self {
        Self { retry_after_seconds: seconds, ..self }
    }

    /// The same, about a request.
    pub(super) fn of_request(self, id: &str) -> Self {
        Self { instance: Some(format!("{}#{id}", self.kind).into()), request_id: Some(id.into()), ..self }
    }
}

impl From<Error> for Problem {
    /// Public text only: what the stores said is for the log.
    fn from(error: Error) -> Self {
        match &error {
            Error::NoChampion { .. } => {
                Self::new(StatusCode::CONFLICT, "no_champion", "No model was champion", error.to_string())
            }
            Error::NotLive { .. } => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "not_live",
                "No model is loaded yet",
                error.to_string(),
            ),
            Error::Features(weekahead_features::Error::CrossSectional { .. }) => Self::new(
                StatusCode::NOT_IMPLEMENTED,
                "cross_sectional",
                "The view cannot be held online",
                error.to_string(),
            ),
            Error::OtherView { .. } => Self::new(
                StatusCode::CONFLICT,
                "other_view",
                "The model has other features",
                error.to_string(),
            ),
            Error::Warehouse(weekahead_warehouse::Error::UnknownTable { .. }) => {
                tracing::error!(%error, "a table is missing");
                let detail = "the tables behind this are not built yet: ingest, then build the features";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "not_built", "Not built yet", detail)
            }
            Error::Market(_) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid",
                "The request is not valid",
                error.to_string(),
            ),
            Error::Warehouse(_) | Error::Tracker(_) if error.is_retryable() => {
                tracing::error!(%error, "a store does not answer");
                let detail = "a store behind this API does not answer; try again shortly";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", "A store is away", detail)
            }
            _ => {
                tracing::error!(%error, "a request failed");
                let detail = "the log of the server says why";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "The server failed", detail)
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(&self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.retry_after_seconds > 0 {
            headers.insert(header::RETRY_AFTER, self.retry_after_seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // The layers put the request's id in.
        response.extensions_mut().insert(self);
        response
    }
}

/// The answer where there is no route.
pub async fn no_route(uri: Uri) -> Problem {
    let detail = format!("there is nothing at {}; /docs lists what there is", uri.path());
    Problem::new(StatusCode::NOT_FOUND, "no_route", "Not found", detail)
}

/// The answer where there is a route, but not for this method.
pub async fn no_method(method: Method) -> Problem {
    let detail = format!("there is no {method} here: the header Allow says which methods there are");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Not with this method", detail)
}

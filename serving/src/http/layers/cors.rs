//! Which pages of other origins may ask from a browser: none, unless they are named.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::request_id;
use crate::{Error, Result};

/// The layer, where any origin is named.
///
/// # Errors
/// [`Error::Settings`] for an origin that is none.
pub(super) fn layer(origins: &[String]) -> Result<Option<CorsLayer>> {
    if origins.is_empty() {
        return Ok(None);
    }
    let origins = origins.iter().map(|origin| checked(origin)).collect::<Result<Vec<_>>>()?;
    let asked = [
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        HeaderName::from_static("x-api-key"),
        request_id::HEADER,
    ];
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(asked)
        .expose_headers([request_id::HEADER, header::RETRY_AFTER])
        .max_age(Duration::from_secs(3600));
    Ok(Some(layer))
}

fn checked(origin: &str) -> Result<HeaderValue> {
    let wrong = |what: &str| Error::Settings {
        setting: "serving.cors_origins",
        reason: format!("`{origin}` {what}: write scheme, host and port, as in https://desk.example.com"),
    };
    let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains('/') => {
            HeaderValue::from_str(origin).map_err(|_| wrong("has characters that no origin has"))
        }
        _ => Err(wrong("is no origin")),
    }
}

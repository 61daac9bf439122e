//! What every answer gets: the request's id, security headers, and a problem as its body where it is an error.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::request_id;
use super::seen::Seen;
use crate::http::Problem;
use crate::http::inference::{meaning, refusal};

/// For data: nothing that could be run or framed.
const DATA_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
/// For pages: their own scripts and no others; styles within, which Swagger UI needs.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'",
);
const SECURITY: [(HeaderName, HeaderValue); 2] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

/// Completes an answer, and ends the request with it.
pub(super) fn finish(seen: Seen, mut response: Response) -> Response {
    // What gRPC says went wrong comes with a 200, and is complete.
    let status = meaning(&response);
    if response.status().is_client_error() || response.status().is_server_error() {
        complete(&mut response, &seen);
    }
    let is_page = response.headers().get(header::CONTENT_TYPE).is_some_and(is_html);
    let headers = response.headers_mut();
    headers.insert(request_id::HEADER, seen.id.clone());
    headers.extend(SECURITY);
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(if is_page { PAGE_POLICY } else { DATA_POLICY });
    seen.end(status, &response);
    response
}

/// Puts the request's id into a problem, and a problem in the place of a bare error.
fn complete(response: &mut Response, seen: &Seen) {
    let status = response.status();
    let told = response.extensions_mut().remove::<Problem>();
    // What a protocol of its own says in JSON is left as it is.
    let is_json = |value: &HeaderValue| value.as_bytes().starts_with(b"application/json");
    if told.is_none() && response.headers().get(header::CONTENT_TYPE).is_some_and(is_json) {
        return;
    }
    let problem = match status {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => unsupported(),
        _ => told.unwrap_or_else(|| bare(status)),
    };
    seen.shared().metrics.http.problem(&problem.code);
    if seen.speaks_grpc {
        *response = refusal(&problem);
        return;
    }
    let id = seen.id.to_str().unwrap_or_default();
    let (parts, body) = problem.of_request(id).into_response().into_parts();
    response.headers_mut().remove(header::CONTENT_LENGTH);
    for (name, value) in &parts.headers {
        // A refusal knows better when to try again.
        if name != header::RETRY_AFTER || !response.headers().contains_key(name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    *response.body_mut() = Body::new(body);
}

/// The body is larger than the server takes.
pub(super) fn too_large() -> Problem {
    let detail = "the body is larger than this server takes: send it in parts";
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is too large", detail)
}

fn unsupported() -> Problem {
    let detail = "the body is of a type that this route does not take: name the right one in Content-Type";
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Not such a body", detail)
}

/// An error without a word.
fn bare(status: StatusCode) -> Problem {
    let (code, title, detail) = match status {
        StatusCode::METHOD_NOT_ALLOWED => {
            ("method_not_allowed", "Not with this method", "the header Allow says which methods there are")
        }
        StatusCode::NOT_FOUND => {
            ("no_route", "Not found", "there is nothing here; /docs lists what there is")
        }
        status if status.is_server_error() => {
            ("internal", "The server failed", "the log of the server says why")
        }
        _ => ("malformed", "Not a request", "the request cannot be understood; /docs says what is"),
    };
    Problem::new(status, code, title, detail)
}

fn is_html(value: &HeaderValue) -> bool {
    value.as_bytes().starts_with(b"text/html")
}

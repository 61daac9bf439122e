//! Errors as gRPC has them: a code and a text behind HTTP's 200.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use tonic::{Code, Status};

use super::super::super::Problem;
use super::super::fault::InferenceFault;

/// Whether a request expects an answer of gRPC.
pub(in crate::http) fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map(|kind| kind.as_bytes());
    let rest = kind.and_then(|kind| kind.strip_prefix(b"application/grpc"));
    rest.is_some_and(|rest| rest.first().is_none_or(|next| matches!(next, b'+' | b';')))
}

/// A problem as an answer of gRPC.
pub(in crate::http) fn refusal(problem: &Problem) -> Response {
    let status = match problem.code.as_str() {
        // A method of a service, not a thing that one could ask for.
        "no_route" => Code::Unimplemented,
        _ => code(problem.status),
    };
    Status::new(status, problem.detail.as_str()).into_http()
}

/// The HTTP status that an answer stands for: an error of gRPC has that of the same error over HTTP.
pub(in crate::http) fn meaning(response: &Response) -> StatusCode {
    let Some(told) = response.extensions().get::<Status>() else { return response.status() };
    match told.code() {
        Code::Ok => StatusCode::OK,
        Code::InvalidArgument => StatusCode::BAD_REQUEST,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::ResourceExhausted => StatusCode::PAYLOAD_TOO_LARGE,
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The same answer, but a message that is too large exhausts a resource, as it does with other servers.
pub(super) fn exhausted(response: Response) -> Response {
    match response.extensions().get::<Status>() {
        Some(told) if told.code() == Code::OutOfRange => {
            Status::resource_exhausted("the message is larger than this server takes: send it in parts")
                .into_http()
        }
        _ => response,
    }
}

impl From<InferenceFault> for Status {
    fn from(fault: InferenceFault) -> Self {
        Self::new(code(fault.status), fault.error)
    }
}

fn code(status: u16) -> Code {
    match status {
        400 | 422 => Code::InvalidArgument,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::NotFound,
        405 | 501 => Code::Unimplemented,
        413 | 429 => Code::ResourceExhausted,
        503 => Code::Unavailable,
        504 => Code::DeadlineExceeded,
        500 => Code::Internal,
        _ => Code::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn gprc_is_told_by_its_type() {
        let of = |kind: &'static str| {
            is_grpc(&HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))]))
        };
        assert!(of("application/grpc") && of("application/grpc+proto") && of("application/grpc;x=1"));
        assert!(
            !of("application/grpc-web") && !of("application/json") && !of("") && !is_grpc(&HeaderMap::new())
        );
    }

    #[test]
    fn what_a_fault_means_over_http_it_means_over_grpc() {
        for status in [400, 404, 413, 500, 501, 503] {
            let problem = Problem::new(StatusCode::from_u16(status).unwrap(), "x", "x", "why: \u{e9}");
            let answer = refusal(&problem);
            assert_eq!((answer.status(), meaning(&answer).as_u16()), (StatusCode::OK, status));
            assert_eq!(answer.headers()["grpc-message"], "why:%20%C3%A9");
        }
        let nowhere = refusal(&Problem::new(StatusCode::NOT_FOUND, "no_route", "x", "x"));
        assert_eq!(nowhere.headers()["grpc-status"], "12");
    }
}

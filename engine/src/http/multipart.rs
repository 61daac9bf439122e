//! Queries that come as a form: the SQL in `query`, bound parameters in `param_*`.

use bytes::Bytes;
use http_body_util::BodyDataStream;
use hyper::body::Incoming;

use crate::exception::{Exception, code};
use crate::query::QueryRequest;

/// Reads the form into the request. External tables (file parts) are not supported.
pub(crate) async fn read(
    body: Incoming,
    boundary: String,
    request: &mut QueryRequest,
    max_bytes: usize,
) -> Result<(), Exception> {
    let limits = multer::SizeLimit::new().whole_stream(max_bytes as u64);
    let constraints = multer::Constraints::new().size_limit(limits);
    let mut form = multer::Multipart::with_constraints(BodyDataStream::new(body), boundary, constraints);
    while let Some(field) = form.next_field().await.map_err(damaged)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name != "query" && !name.starts_with("param_") {
            let text =
                format!("External tables (form field `{name}`) are not supported by the embedded engine");
            return Err(Exception::new(code::NOT_IMPLEMENTED, text, "NOT_IMPLEMENTED"));
        }
        let value: Bytes = field.bytes().await.map_err(damaged)?;
        match name.strip_prefix("param_") {
            Some(name) => request.params.set(name, &value),
            None => request.sql.extend_from_slice(&value),
        }
    }
    Ok(())
}

fn damaged(error: multer::Error) -> Exception {
    let too_large =
        matches!(error, multer::Error::StreamSizeExceeded { .. } | multer::Error::FieldSizeExceeded { .. });
    if too_large {
        return Exception::new(
            code::QUERY_IS_TOO_LARGE,
            format!("the form is too large: {error}"),
            "QUERY_IS_TOO_LARGE",
        );
    }
    Exception::new(code::BAD_ARGUMENTS, format!("cannot read the multipart form: {error}"), "BAD_ARGUMENTS")
}

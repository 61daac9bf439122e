//! URL parameters and headers become a [`QueryRequest`].

use std::time::Duration;

use http::request::Parts;
use http::{HeaderMap, Method};

use crate::compression::Encoding;
use crate::exception::{Exception, code};
use crate::ffi::Params;
use crate::query::{OutputEncoding, QueryRequest};
use crate::session::{self, SessionRequest};

/// Parameters of the HTTP layer: they must never become SET.
const RESERVED: [&str; 29] = [
    "add_http_cors_header",
    "buffer_size",
    "cancel_http_readonly_queries_on_client_close",
    "client_protocol_version",
    "close_session",
    "compress",
    "content_type_override",
    "database",
    "decompress",
    "default_format",
    "enable_http_compression",
    "framing",
    "http_headers_progress_interval_ms",
    "http_response_headers",
    "http_write_exception_in_output_format",
    "http_zlib_compression_level",
    "password",
    "query",
    "query_id",
    "quota_key",
    "role",
    "send_progress_in_http_headers",
    "session_check",
    "session_id",
    "session_timeout",
    "stacktrace",
    "truncate_buffer",
    "user",
    "wait_end_of_query",
];

/// The decoded pairs of a URL's query.
#[derive(Clone, Debug, Default)]
pub(crate) struct UrlParams(Vec<(String, String)>);

impl UrlParams {
    pub(crate) fn parse(query: Option<&str>) -> Self {
        Self(url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect())
    }

    /// The last value given for a name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).map(|value| matches!(value, "1" | "true"))
    }

    fn settings(&self) -> Vec<(String, String)> {
        let own = |name: &str| !RESERVED.contains(&name) && !name.starts_with("param_");
        self.0.iter().filter(|(name, _)| own(name)).cloned().collect()
    }
}

/// A header's value, empty when missing or not text.
pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Reads everything but the body.
pub(crate) fn query_request(
    parts: &Parts,
    url: &UrlParams,
    query_id: &str,
) -> Result<QueryRequest, Exception> {
    let mut params = Params::default();
    for (name, value) in &url.0 {
        if let Some(name) = name.strip_prefix("param_") {
            params.set(name, value.as_bytes());
        }
    }
    let given = |parameter: &str, head: &str| {
        let value =
            url.get(parameter).filter(|v| !v.is_empty()).unwrap_or_else(|| header(&parts.headers, head));
        (!value.is_empty()).then(|| value.to_owned())
    };
    Ok(QueryRequest {
        sql: url.get("query").unwrap_or_default().as_bytes().to_vec(),
        query_id: query_id.to_owned(),
        database: given("database", "x-clickhouse-database"),
        format: given("default_format", "x-clickhouse-format"),
        session: session_request(url)?,
        close_session: url.flag("close_session").unwrap_or(false),
        settings: url.settings(),
        params,
        read_only: parts.method != Method::POST,
        block_input: url.flag("decompress").unwrap_or(false),
        content_encoding: header(&parts.headers, "content-encoding").to_owned(),
        output: output_encoding(&parts.headers, url),
        wait_end: url.flag("wait_end_of_query").unwrap_or(false),
    })
}

fn output_encoding(headers: &HeaderMap, url: &UrlParams) -> OutputEncoding {
    if url.flag("compress").unwrap_or(false) {
        return OutputEncoding::Blocks;
    }
    let wanted = url.flag("enable_http_compression").unwrap_or(true);
    let level = url.get("http_zlib_compression_level").and_then(|level| level.parse().ok()).unwrap_or(3);
    Encoding::choose(header(headers, "accept-encoding"))
        .filter(|_| wanted)
        .map_or(OutputEncoding::Identity, |encoding| OutputEncoding::Content(encoding, level))
}

fn session_request(url: &UrlParams) -> Result<Option<SessionRequest>, Exception> {
    let Some(id) = url.get("session_id").filter(|id| !id.is_empty()) else { return Ok(None) };
    let timeout = match url.get("session_timeout") {
        None => session::DEFAULT_TIMEOUT,
        Some(text) => text
            .parse()
            .ok()
            .map(Duration::from_secs)
            .filter(|timeout| *timeout <= session::MAX_TIMEOUT)
            .ok_or_else(|| invalid_timeout(text))?,
    };
    let must_exist = url.flag("session_check").unwrap_or(false);
    Ok(Some(SessionRequest { id: id.to_owned(), timeout, must_exist }))
}

fn invalid_timeout(text: &str) -> Exception {
    let limit = session::MAX_TIMEOUT.as_secs();
    let text = format!("Invalid session timeout '{text}': at most {limit} seconds");
    Exception::new(code::INVALID_SESSION_TIMEOUT, text, "INVALID_SESSION_TIMEOUT")
}

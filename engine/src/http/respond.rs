//! Responses: results with their headers, and exceptions.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Frame};
use tokio::sync::mpsc;

use crate::engine::Engine;
use crate::exception::Exception;
use crate::query::{Answer, Head, OutputEncoding};

use super::route::CancelOnDrop;

/// Between the text of an exception inside a body and the break of the connection: a break drops what is not yet sent.
const FLUSH_TIME: Duration = Duration::from_millis(200);

/// What hyper sends.
pub(crate) type Reply = Response<BoxBody<Bytes, io::Error>>;

/// A short text without a query behind it.
pub(crate) fn plain(status: StatusCode, text: impl Into<Bytes>) -> Reply {
    let mut response = Response::new(full(text.into()));
    *response.status_mut() = status;
    set(&mut response, CONTENT_TYPE, "text/plain; charset=UTF-8");
    response
}

/// An exception as the server answers it: text, code and status.
pub(crate) fn exception(engine: &Engine, error: &Exception, query_id: &str) -> Reply {
    let mut response = plain(error.status(), format!("{}\n", error.with_version(&engine.version)));
    common(&mut response, engine, query_id);
    set(&mut response, named("x-clickhouse-exception-code"), &error.code.to_string());
    if error.status() == StatusCode::UNAUTHORIZED {
        set(&mut response, WWW_AUTHENTICATE, "Basic realm=\"ClickHouse server HTTP API\"");
    }
    response
}

/// Makes the connection end after this response: its request body was not read to the end.
pub(crate) fn close_connection(response: &mut Reply) {
    set(response, CONNECTION, "close");
}

/// A query's result. While it streams, `cancel` cancels the query if the client goes away.
pub(crate) fn result(
    engine: &Engine,
    answer: Answer,
    query_id: &str,
    output: OutputEncoding,
    mut cancel: CancelOnDrop,
) -> Reply {
    let (head, body, is_empty, streams) = match answer {
        Answer::Whole(head, body) => {
            cancel.disarm();
            let is_empty = body.is_empty();
            (head, full(body), is_empty, false)
        }
        Answer::Stream(head, chunks) => {
            (head, StreamBody { chunks, cancel, failure: None }.boxed(), false, true)
        }
    };
    let mut response = Response::new(body);
    common(&mut response, engine, query_id);
    set(&mut response, CONTENT_TYPE, content_type(&head.format, output));
    set(&mut response, named("x-clickhouse-format"), &head.format);
    set(&mut response, named("x-clickhouse-summary"), &summary(&head));
    if let OutputEncoding::Content(encoding, _) = output
        && !is_empty
    {
        set(&mut response, CONTENT_ENCODING, encoding.name());
    }
    if streams {
        set(&mut response, named("x-clickhouse-exception-tag"), &head.tag);
    }
    response
}

fn common(response: &mut Reply, engine: &Engine, query_id: &str) {
    set(response, named("x-clickhouse-query-id"), query_id);
    set(response, named("x-clickhouse-server-display-name"), "weekahead-engine");
    set(response, named("x-clickhouse-timezone"), &engine.timezone);
}

fn named(name: &'static str) -> HeaderName {
    HeaderName::from_static(name)
}

/// Sets a header; a value that is not header text is left out.
fn set(response: &mut Reply, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn full(body: Bytes) -> BoxBody<Bytes, io::Error> {
    Full::new(body).map_err(|never| match never {}).boxed()
}

fn summary(head: &Head) -> String {
    let stats = &head.stats;
    serde_json::json!({
        "read_rows": stats.read_rows.to_string(),
        "read_bytes": stats.read_bytes.to_string(),
        "written_rows": stats.written_rows.to_string(),
        "written_bytes": stats.written_bytes.to_string(),
        "total_rows_to_read": "0",
        "result_rows": stats.result_rows.max(stats.written_rows).to_string(),
        "result_bytes": stats.result_bytes.max(stats.written_bytes).to_string(),
        "elapsed_ns": head.elapsed_ns.to_string(),
    })
    .to_string()
}

fn content_type(format: &str, output: OutputEncoding) -> &'static str {
    if output == OutputEncoding::Blocks {
        return "application/octet-stream";
    }
    let lower = format.to_ascii_lowercase().replace("tabseparated", "tsv");
    match lower.as_str() {
        "csv" => "text/csv; charset=UTF-8; header=absent",
        "tsv" | "tsvraw" | "tskv" => "text/tab-separated-values; charset=UTF-8",
        f if f.contains("eachrow") || f == "jsonlines" || f == "ndjson" => {
            "application/x-ndjson; charset=UTF-8"
        }
        f if f.starts_with("csvwith") => "text/csv; charset=UTF-8; header=present",
        f if f.starts_with("tsv") => "text/tab-separated-values; charset=UTF-8",
        f if f.starts_with("json") => "application/json; charset=UTF-8",
        f if f.starts_with("rowbinary") => "application/octet-stream",
        "native" | "parquet" | "arrow" | "arrowstream" | "orc" | "avro" | "msgpack" => {
            "application/octet-stream"
        }
        _ => "text/plain; charset=UTF-8",
    }
}

/// Chunks as the query makes them; an error breaks the connection off.
struct StreamBody {
    chunks: mpsc::Receiver<io::Result<Bytes>>,
    cancel: CancelOnDrop,
    /// A failure that is about to break the connection off.
    failure: Option<(io::Error, Pin<Box<tokio::time::Sleep>>)>,
}

impl Body for StreamBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        if this.failure.is_none() {
            match ready!(this.chunks.poll_recv(cx)) {
                Some(Ok(chunk)) => return Poll::Ready(Some(Ok(Frame::data(chunk)))),
                Some(Err(error)) => this.failure = Some((error, Box::pin(tokio::time::sleep(FLUSH_TIME)))),
                None => {
                    this.cancel.disarm();
                    return Poll::Ready(None);
                }
            }
        }
        this.cancel.disarm();
        if let Some((_, flushed)) = &mut this.failure {
            ready!(flushed.as_mut().poll(cx));
        }
        Poll::Ready(this.failure.take().map(|(error, _)| Err(error)))
    }
}

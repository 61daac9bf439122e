//! From a request to its response.

use std::sync::Arc;

use http::{HeaderMap, Method, Request, StatusCode};
use hyper::body::Incoming;
use tokio::sync::{mpsc, oneshot};

use super::auth::{self, Denied};
use super::params::{self, UrlParams};
use super::respond::{self, Reply};
use super::{multipart, receive};
use crate::engine::Engine;
use crate::exception::{Exception, code};
use crate::query::{Answer, Frame, Frames, Job, QueryRequest};

/// Answers one request.
pub(crate) async fn handle(engine: Arc<Engine>, request: Request<Incoming>) -> Reply {
    let (parts, mut body) = request.into_parts();
    let url = UrlParams::parse(parts.uri.query());
    let query_id = query_id(&url, &parts.headers);
    let asks = url.get("query").is_some() || parts.method == Method::POST;
    let outcome = match parts.uri.path() {
        "/ping" | "/replicas_status" => return respond::plain(StatusCode::OK, "Ok.\n"),
        "/" | "" if !asks => return respond::plain(StatusCode::OK, "Ok.\n"),
        "/" | "/query" | "" => match parts.method {
            Method::GET | Method::HEAD | Method::POST => authorized(&engine, &parts, &url, &query_id),
            _ => return respond::plain(StatusCode::NOT_IMPLEMENTED, "Use GET, HEAD or POST\n"),
        },
        other => {
            let text = format!(
                "There is no handle {other}\n\nUse / or /ping for health checks.\nSend queries to /.\n"
            );
            return respond::plain(StatusCode::NOT_FOUND, text);
        }
    };
    let (result, drained) = match outcome {
        Ok(request) => run(&engine, request, &parts.headers, body).await,
        Err(error) => (Err(error), receive::drain(&mut body).await),
    };
    let mut response = result.unwrap_or_else(|error| respond::exception(&engine, &error, &query_id));
    if !drained {
        respond::close_connection(&mut response);
    }
    response
}

fn query_id(url: &UrlParams, headers: &HeaderMap) -> String {
    let given = url.get("query_id").unwrap_or_else(|| params::header(headers, "x-clickhouse-query-id"));
    if given.is_empty() { uuid::Uuid::new_v4().to_string() } else { given.to_owned() }
}

fn authorized(
    engine: &Engine,
    parts: &http::request::Parts,
    url: &UrlParams,
    query_id: &str,
) -> Result<QueryRequest, Exception> {
    auth::check(&parts.headers, url, &engine.config).map_err(|denied| match denied {
        Denied::Login(user) => {
            let text = format!(
                "{user}: Authentication failed: password is incorrect, or there is no user with such name."
            );
            Exception::new(code::AUTHENTICATION_FAILED, text, "AUTHENTICATION_FAILED")
        }
        Denied::Origin(what) => {
            let text = format!("the embedded engine answers local clients only, not `{what}`");
            Exception::new(code::ACCESS_DENIED, text, "ACCESS_DENIED")
        }
    })?;
    params::query_request(parts, url, query_id)
}

/// Runs a query; also says whether the request's body was read to its end.
async fn run(
    engine: &Arc<Engine>,
    mut request: QueryRequest,
    headers: &HeaderMap,
    body: Incoming,
) -> (Result<Reply, Exception>, bool) {
    let (frames_in, frames_out) = mpsc::channel(receive::FRAMES_IN_FLIGHT);
    let mut body = match multer::parse_boundary(params::header(headers, "content-type")) {
        Err(_) => Some(body),
        Ok(boundary) => {
            let limit = engine.config.max_sql_bytes;
            if let Err(error) = multipart::read(body, boundary, &mut request, limit).await {
                return (Err(error), false);
            }
            let _ = frames_in.send(Frame::End).await;
            None
        }
    };
    let (output, query_id) = (request.output, request.query_id.clone());
    let (answer_in, mut answer_out) = oneshot::channel();
    let cancel = match start(engine, request, frames_out, answer_in) {
        Ok(cancel) => cancel,
        Err(error) => return (Err(error), drain(body.as_mut()).await),
    };
    let answer = match body.as_mut() {
        None => (&mut answer_out).await,
        Some(body) => tokio::select! {
            biased;
            answer = &mut answer_out => answer,
            () = receive::forward(body, frames_in) => answer_out.await,
        },
    };
    let answer =
        answer.unwrap_or_else(|_| Err(Exception::internal("the query's thread ended without an answer")));
    let drained = drain(body.as_mut()).await;
    match answer {
        Ok(answer) => (Ok(respond::result(engine, answer, &query_id, output, cancel)), drained),
        Err(error) => {
            let mut cancel = cancel;
            cancel.disarm();
            (Err(error), drained)
        }
    }
}

async fn drain(body: Option<&mut Incoming>) -> bool {
    match body {
        Some(body) => receive::drain(body).await,
        None => true,
    }
}

/// Puts the query on a blocking thread, if there is room for one more.
fn start(
    engine: &Arc<Engine>,
    request: QueryRequest,
    frames: mpsc::Receiver<Frame>,
    answer: oneshot::Sender<Result<Answer, Exception>>,
) -> Result<CancelOnDrop, Exception> {
    let permit = Arc::clone(&engine.permits).try_acquire_owned().map_err(|_| {
        let limit = engine.config.max_concurrent_queries;
        let text = format!("Too many simultaneous queries. Maximum: {limit}");
        Exception::new(code::TOO_MANY_SIMULTANEOUS_QUERIES, text, "TOO_MANY_SIMULTANEOUS_QUERIES")
    })?;
    let running = engine.register(&request.query_id)?;
    let cancel = CancelOnDrop { engine: Arc::clone(engine), mark: Some(running.mark.clone()) };
    let job = Job { engine: Arc::clone(engine), running, request, frames: Frames::new(frames) };
    tokio::task::spawn_blocking(move || {
        job.run(answer);
        drop(permit);
    });
    Ok(cancel)
}

/// Cancels its query when it is dropped before the query has ended: the client went away.
pub(crate) struct CancelOnDrop {
    engine: Arc<Engine>,
    mark: Option<String>,
}

impl CancelOnDrop {
    /// The query has ended, or ends by itself.
    pub(crate) fn disarm(&mut self) {
        self.mark = None;
    }
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        let (Some(mark), Ok(runtime)) = (self.mark.take(), tokio::runtime::Handle::try_current()) else {
            return;
        };
        let engine = Arc::clone(&self.engine);
        runtime.spawn_blocking(move || engine.cancel(&mark));
    }
}

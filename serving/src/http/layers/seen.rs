//! A request as it is logged and counted: begun when it comes, ended with its answer or when its client goes away.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use axum::body::HttpBody;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;

use super::Shared;
use super::admission::PROBES;
use super::request_id::{self, RequestContext};
use super::request_span::RequestSpan;
use super::trace_context::TraceParent;
use crate::http::inference::is_grpc;
use crate::http::metrics::Route;
use crate::spans::Parent;

/// The status of a request whose client went away before the answer, as nginx has it.
const CLIENT_CLOSED: u16 = 499;

/// A request under way.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) id: HeaderValue,
    /// The name of its key.
    pub(super) key: Option<Arc<str>>,
    /// Whether it expects an answer of gRPC.
    pub(super) speaks_grpc: bool,
    shared: Arc<Shared>,
    started: Instant,
    method: &'static str,
    route: Route,
    trace: Option<TraceParent>,
    span: Option<RequestSpan>,
    answered: bool,
}

impl Seen {
    /// From here on it counts as under way.
    pub(super) fn begin(shared: &Arc<Shared>, request: &mut Request) -> Self {
        shared.metrics.http.in_flight.inc();
        let id = request_id::of(request.headers());
        let (most_symbols, most_body_bytes) = (shared.limits.symbols, shared.limits.body_bytes);
        let context = RequestContext { request_id: id.clone(), most_symbols, most_body_bytes };
        let speaks_grpc = is_grpc(request.headers());
        let trace = TraceParent::of(request.headers());
        let route = Route::new(request.extensions().get::<MatchedPath>().cloned());
        let method = method(request.method());
        // Probes come all the time and say nothing.
        let traces = shared.traces.as_ref().filter(|_| !PROBES.contains(&request.uri().path()));
        let span =
            traces.map(|traces| RequestSpan::begin(traces, request, method, &route, trace.as_ref(), &id));
        request.extensions_mut().insert(context);
        let (shared, started) = (Arc::clone(shared), Instant::now());
        Self { id, key: None, speaks_grpc, shared, started, method, route, trace, span, answered: false }
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Where its steps belong, if they are recorded.
    pub(super) fn parent(&self) -> Option<Parent> {
        self.span.as_ref().and_then(RequestSpan::parent)
    }

    /// Counts and logs it with its answer.
    ///
    /// Its status is that of HTTP, whatever protocol is spoken.
    pub(super) fn end(mut self, status: StatusCode, response: &Response) {
        self.answered = true;
        self.tell(status.as_u16(), response.body().size_hint().exact());
    }

    fn tell(&mut self, status: u16, bytes: Option<u64>) {
        let seconds = self.started.elapsed().as_secs_f64();
        self.shared.metrics.http.answered(self.method, &self.route, status, seconds);
        if let Some(span) = &mut self.span {
            span.answered(status);
        }
        if !tracing::enabled!(target: "weekahead_serving::access", tracing::Level::INFO) {
            return;
        }
        tracing::info!(
            target: "weekahead_serving::access",
            method = self.method,
            route = self.route.as_str(),
            status,
            duration_ms = (seconds * 1e6).round() / 1e3,
            bytes,
            request_id = self.id.to_str().unwrap_or_default(),
            trace_id = self.trace_id().as_deref(),
            key = self.key.as_deref(),
            "request"
        );
    }
}

impl Seen {
    /// The trace of its span, else of its caller.
    fn trace_id(&self) -> Option<Cow<'_, str>> {
        let own = self.span.as_ref().map(|span| Cow::from(span.trace_id()));
        own.or_else(|| Some(self.trace.as_ref()?.trace_id().into()))
    }
}

impl Drop for Seen {
    fn drop(&mut self) {
        self.shared.metrics.http.in_flight.dec();
        if !self.answered {
            self.tell(CLIENT_CLOSED, None);
        }
    }
}

/// Methods are words that clients choose: any but the usual ones is the same label.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

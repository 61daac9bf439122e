//! The span of a request, in the trace of its caller: by the semantic conventions of OpenTelemetry for HTTP servers.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Version};
use opentelemetry::KeyValue;
use opentelemetry::trace::{Span, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId};

use super::trace_context::TraceParent;
use crate::http::metrics::Route;
use crate::spans::{Parent, Recording, Traces};

/// The span of a request under way; it ends when it is dropped.
#[derive(Debug)]
pub(super) struct RequestSpan {
    traces: Arc<Traces>,
    recording: Recording,
}

impl RequestSpan {
    /// Neither path nor query are told: they name what is asked for.
    pub(super) fn begin(
        traces: &Arc<Traces>,
        request: &Request,
        method: &'static str,
        route: &Route,
        parent: Option<&TraceParent>,
        id: &HeaderValue,
    ) -> Self {
        let (attribute, word) = match method {
            "OTHER" => ("_OTHER", "HTTP"),
            usual => (usual, usual),
        };
        let mut attributes = vec![
            KeyValue::new("http.request.method", attribute),
            KeyValue::new("network.protocol.version", version(request.version())),
            KeyValue::new("weekahead.request_id", id.to_str().unwrap_or_default().to_owned()),
        ];
        let name = match route.template() {
            Some(route) => {
                attributes.push(KeyValue::new("http.route", route.to_owned()));
                format!("{word} {route}")
            }
            None => word.to_owned(),
        };
        let span = SpanBuilder::from_name(name).with_kind(SpanKind::Server);
        let parent = parent.and_then(|parent| remote(parent, request.headers()));
        let recording = traces.start(span.with_attributes(attributes), parent);
        Self { traces: Arc::clone(traces), recording }
    }

    /// The trace that it belongs to, as 32 hexadecimal digits.
    pub(super) fn trace_id(&self) -> String {
        self.recording.span.span_context().trace_id().to_string()
    }

    /// Where steps of the request belong; `None` where nobody wants them.
    pub(super) fn parent(&self) -> Option<Parent> {
        let span = &self.recording.span;
        let parent = || Parent { traces: Arc::clone(&self.traces), span: span.span_context().clone() };
        span.is_recording().then(parent)
    }

    pub(super) fn answered(&mut self, status: u16) {
        let span = &mut self.recording.span;
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
        if status >= 500 {
            span.set_attribute(KeyValue::new("error.type", status.to_string()));
            span.set_status(Status::error(""));
        }
    }
}

/// The caller's span.
fn remote(parent: &TraceParent, headers: &HeaderMap) -> Option<SpanContext> {
    let trace = TraceId::from_hex(parent.trace_id()).ok()?;
    let span = SpanId::from_hex(parent.span_id()).ok()?;
    let flags = TraceFlags::new(u8::from_str_radix(parent.flags(), 16).ok()?) & TraceFlags::SAMPLED;
    let state = headers.get("tracestate").and_then(|state| state.to_str().ok()?.parse().ok());
    Some(SpanContext::new(trace, span, flags, true, state.unwrap_or_default()))
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        _ => "1.1",
    }
}

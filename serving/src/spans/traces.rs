//! Makes spans, and has them sent in batches by a thread of their own.

use std::time::Duration;

use opentelemetry::trace::{SpanBuilder, SpanContext, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, KeyValue, trace::Span as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SdkTracer, SdkTracerProvider, Span};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;
use tokio::runtime::Handle;

use super::collector::Collector;
use crate::Result;

/// How long a stop waits for the collector to take the last spans.
const FLUSH: Duration = Duration::from_secs(5);

/// How many spans there were, and what became of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct SpanCounts {
    ended: Counter,
    pub(super) exported: Counter,
}

impl SpanCounts {
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register("spans", "Spans of sampled traces that ended", self.ended.clone());
        let help = "Spans that the collector has taken: those that it never takes are lost";
        registry.register("spans_exported", help, self.exported.clone());
    }
}

/// The spans of a server. A span that ends is put into a queue; when that is full the span is lost, and nobody waits.
#[derive(Debug)]
pub(crate) struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    counts: SpanCounts,
    runtime: Handle,
}

/// A span that ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Recording {
    pub(crate) span: Span,
    ended: Counter,
}

impl Traces {
    /// Spans for the collector at a URL, sent by the tokio runtime that this is called in.
    ///
    /// # Errors
    /// [`Error::Settings`](crate::Error::Settings) for what is no such URL.
    pub(crate) fn new(endpoint: &str, counts: &SpanCounts) -> Result<Self> {
        let (runtime, counts) = (Handle::current(), counts.clone());
        let collector = Collector::new(endpoint, counts.exported.clone(), runtime.clone())?;
        let service = Resource::builder()
            .with_service_name("weekahead")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
        let provider = SdkTracerProvider::builder()
            .with_span_processor(BatchSpanProcessor::builder(collector).build())
            .with_resource(service.build())
            .build();
        let tracer = provider.tracer("weekahead_serving");
        Ok(Self { provider, tracer, counts, runtime })
    }

    /// Starts a span below another one, or a trace of its own.
    ///
    /// A parent that is not sampled has no sampled children.
    pub(crate) fn start(&self, span: SpanBuilder, parent: Option<SpanContext>) -> Recording {
        let context = Context::new();
        let context = match parent {
            Some(parent) => context.with_remote_span_context(parent),
            None => context,
        };
        let span = self.tracer.build_with_context(span, &context);
        Recording { span, ended: self.counts.ended.clone() }
    }

    /// Sends what is left. There are no spans afterwards.
    pub(crate) async fn flush(&self) {
        let provider = self.provider.clone();
        // It waits for a thread that waits for this runtime.
        let flushed = self.runtime.spawn_blocking(move || provider.shutdown_with_timeout(FLUSH)).await;
        if let Ok(Err(_)) = flushed {
            tracing::warn!("the collector of traces did not take the last spans in time: they are lost");
        }
    }
}

impl Drop for Traces {
    /// The provider's own end would wait for its thread wherever the last span is dropped.
    fn drop(&mut self) {
        let provider = self.provider.clone();
        self.runtime.spawn_blocking(move || provider.shutdown_with_timeout(FLUSH));
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        if self.span.is_recording() {
            self.ended.inc();
        }
    }
}

//! Spans for a collector of traces: where the time of a request goes.
//!
//! `traces` makes spans and has them sent, `collector` is where they are sent to. Here are the steps of a request, which code far from HTTP
//! tells of without knowing whether anybody listens: outside a request that is recorded, a step costs a look at a task's own value.

mod collector;
mod traces;

use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Span, SpanBuilder, SpanContext, SpanKind, Status};

pub(crate) use traces::{Recording, SpanCounts, Traces};

tokio::task_local! {
    /// The span of the request that this task answers.
    static REQUEST: Parent;
}

/// A span under which steps are told.
#[derive(Debug, Clone)]
pub(crate) struct Parent {
    pub(crate) traces: Arc<Traces>,
    pub(crate) span: SpanContext,
}

/// Does the work of a request, whose steps become spans below the request's own.
pub(crate) async fn within<F: Future>(parent: Parent, work: F) -> F::Output {
    REQUEST.scope(parent, work).await
}

/// A run of the model: the wait for it, and its own time.
pub(crate) async fn model<T>(rows: usize, work: impl Future<Output = crate::Result<T>>) -> crate::Result<T> {
    let told = || {
        let rows = KeyValue::new("weekahead.rows", i64::try_from(rows).unwrap_or(i64::MAX));
        SpanBuilder::from_name("run model").with_attributes([rows])
    };
    step(told, work).await
}

/// Work of our own that takes a while.
pub(crate) async fn compute<T>(
    name: &'static str,
    work: impl Future<Output = crate::Result<T>>,
) -> crate::Result<T> {
    step(|| SpanBuilder::from_name(name), work).await
}

/// Something that is asked of the registry, or loaded from it.
pub(crate) async fn registry<T, E>(
    name: &'static str,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    step(|| SpanBuilder::from_name(name).with_kind(SpanKind::Client), work).await
}

/// Something that is read from the warehouse, or written to it.
pub(crate) async fn warehouse<T, E>(
    name: &'static str,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let told = || {
        let system = KeyValue::new("db.system.name", "clickhouse");
        SpanBuilder::from_name(name).with_kind(SpanKind::Client).with_attributes([system])
    };
    step(told, work).await
}

async fn step<T, E>(
    told: impl FnOnce() -> SpanBuilder,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let started = REQUEST.try_with(|request| request.traces.start(told(), Some(request.span.clone())));
    let Ok(mut recording) = started else { return work.await };
    let done = work.await;
    if done.is_err() {
        // What went wrong is in the log.
        recording.span.set_status(Status::error(""));
    }
    done
}

//! The layer: lets a request in or refuses it, guards its handler, and hands the answer on.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use futures::future::BoxFuture;
use tower::{Layer, Service};

use super::seen::Seen;
use super::{Shared, answer};
use crate::http::Problem;
use crate::spans;

/// Puts [`Gated`] around a service.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    shared: Arc<Shared>,
}

impl Gate {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

impl<S> Layer<S> for Gate {
    type Service = Gated<S>;

    fn layer(&self, inner: S) -> Gated<S> {
        Gated { shared: Arc::clone(&self.shared), inner }
    }
}

/// A service behind the gate.
#[derive(Debug, Clone)]
pub(super) struct Gated<S> {
    shared: Arc<Shared>,
    inner: S,
}

impl<S> Service<Request> for Gated<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let mut seen = Seen::begin(&self.shared, &mut request);
        match self.shared.admit(request, &mut seen) {
            Ok((request, permit)) => {
                let (answering, limit) = (self.inner.call(request), self.shared.limits.request);
                Box::pin(async move {
                    let response = match seen.parent() {
                        Some(parent) => spans::within(parent, guarded(answering, limit)).await,
                        None => guarded(answering, limit).await,
                    };
                    drop(permit);
                    Ok(answer::finish(seen, response))
                })
            }
            Err(problem) => {
                let response = answer::finish(seen, problem.into_response());
                Box::pin(std::future::ready(Ok(response)))
            }
        }
    }
}

/// The answer of a handler, or a problem in place of one that panics or takes too long.
async fn guarded<F>(answering: F, limit: Duration) -> Response
where
    F: Future<Output = Result<Response, Infallible>>,
{
    match tokio::time::timeout(limit, AssertUnwindSafe(answering).catch_unwind()).await {
        Ok(Ok(Ok(response))) => response,
        Ok(Err(_panic)) => {
            tracing::error!("a handler panicked: the standard error output says where");
            let detail = "the log of the server says why";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "The server failed", detail)
                .into_response()
        }
        Err(_elapsed) => {
            let detail = format!(
                "the answer was not there after {} s: ask for less, or send the body faster",
                limit.as_secs_f64()
            );
            Problem::new(StatusCode::GATEWAY_TIMEOUT, "timeout", "It took too long", detail).into_response()
        }
    }
}

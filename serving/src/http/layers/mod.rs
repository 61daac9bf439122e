//! What every request passes, whatever it asks for: one layer in place of a stack of them, since each costs a box and a poll.
//!
//! `gate` puts it together: `request_id` and `trace_context` name the request, `keys` and `scope` say who asks and for what,
//! `admission` keeps the number of requests and their bodies within limits, `seen` is what is logged and counted, `request_span`
//! what a collector of traces is told, `answer` completes problems and headers. `cors` is put around it where origins are configured.

mod admission;
mod answer;
mod cors;
mod gate;
mod keys;
mod request_id;
mod request_span;
mod scope;
mod seen;
mod trace_context;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use tokio::sync::Semaphore;

use super::metrics::Metrics;
use super::settings::{Limits, ServerSettings};
use crate::Result;
use crate::spans::Traces;

use gate::Gate;
use keys::KeyRing;
pub use keys::{ApiKey, NewKey, Scope};
pub use request_id::RequestContext;

/// What all requests of a server share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) limits: Limits,
    pub(super) metrics: Arc<Metrics>,
    /// Makes spans, where a collector is configured.
    pub(super) traces: Option<Arc<Traces>>,
    keys: KeyRing,
    admitted: Arc<Semaphore>,
    draining: AtomicBool,
}

impl Shared {
    /// # Errors
    /// [`Error::Settings`](crate::Error::Settings) when a key or the collector cannot be used.
    pub(super) fn new(settings: &ServerSettings, metrics: Arc<Metrics>) -> Result<Self> {
        let traces = |endpoint: &String| Traces::new(endpoint, &metrics.spans).map(Arc::new);
        Ok(Self {
            traces: settings.otlp_endpoint.as_ref().map(traces).transpose()?,
            limits: settings.limits.clone(),
            metrics,
            keys: KeyRing::new(&settings.keys)?,
            admitted: Arc::new(Semaphore::new(settings.limits.concurrent_requests)),
            draining: AtomicBool::new(false),
        })
    }

    /// From now on `/readyz` says that the server is going away.
    pub(super) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
        self.metrics.http.draining.set(1);
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}

/// Puts the layers around routes.
///
/// # Errors
/// [`Error::Settings`](crate::Error::Settings) for an origin that is none.
pub(super) fn wrap(routes: Router, shared: &Arc<Shared>, cors_origins: &[String]) -> Result<Router> {
    // The gate limits bodies; axum's own limit would be a second, lower one.
    let routes = routes.layer((Gate::new(Arc::clone(shared)), DefaultBodyLimit::disable()));
    Ok(match cors::layer(cors_origins)? {
        Some(cors) => routes.layer(cors),
        None => routes,
    })
}

#[cfg(test)]
mod tests;

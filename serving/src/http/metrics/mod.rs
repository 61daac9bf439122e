//! `/metrics`: what the server has done and how it is, in the text format of Prometheus (OpenMetrics 1.0).
//!
//! `requests` is fed by the layers, `present` is looked up when somebody asks, `memory` asks the system.
//!
//! Invariant: every label has few values, which the code and the configuration choose: routes are templates, never paths.

mod memory;
mod present;
mod requests;

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use super::{Api, Problem};
use crate::measures::Measures;
use crate::spans::SpanCounts;

pub(super) use requests::{Requests, Route};

use present::Present;

/// Everything that `/metrics` tells of a server.
#[derive(Debug)]
pub(super) struct Metrics {
    pub(super) http: Requests,
    pub(super) spans: SpanCounts,
    present: Present,
    /// Held while the values of the present are looked up and written down.
    registry: Mutex<Registry>,
}

impl Metrics {
    pub(super) fn new(measures: &Measures) -> Arc<Self> {
        let mut registry = Registry::with_prefix("weekahead");
        let (http, present) = (Requests::default(), Present::default());
        let spans = SpanCounts::default();
        http.register(&mut registry);
        present.register(&mut registry);
        measures.register(&mut registry);
        spans.register(&mut registry);
        Arc::new(Self { http, spans, present, registry: Mutex::new(registry) })
    }

    fn render(&self, api: &Api) -> Result<String, Problem> {
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        self.present.look(api);
        let mut text = memory::process().unwrap_or_default();
        encode(&mut text, &registry).map_err(|_| crate::Error::Unanswered)?;
        Ok(text)
    }
}

/// The route, for a server with these metrics.
pub(super) fn routes(api: Api, metrics: Arc<Metrics>) -> Router {
    Router::new().route("/metrics", get(show)).with_state((api, metrics))
}

/// The metrics as text.
async fn show(State((api, metrics)): State<(Api, Arc<Metrics>)>) -> Result<impl IntoResponse, Problem> {
    let text = metrics.render(&api)?;
    Ok(([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text))
}

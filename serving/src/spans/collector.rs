//! Where spans are sent to: OTLP, protobuf over HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::http::Uri;
use opentelemetry_otlp::{Protocol, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use prometheus_client::metrics::counter::Counter;
use tokio::runtime::Handle;

use crate::{Error, Result};

/// The path where a collector takes traces, by the protocol.
const PATH: &str = "/v1/traces";

/// A collector of traces. What it has taken is counted; the log has a line when it begins to take nothing, and when it takes spans again.
#[derive(Debug)]
pub(super) struct Collector {
    exporter: Arc<opentelemetry_otlp::SpanExporter>,
    endpoint: String,
    exported: Counter,
    fails: AtomicBool,
    /// Sends: spans come from a thread outside of it.
    runtime: Handle,
}

impl Collector {
    /// # Errors
    /// [`Error::Settings`] for an endpoint that is no URL of HTTP.
    pub(super) fn new(endpoint: &str, exported: Counter, runtime: Handle) -> Result<Self> {
        let endpoint = whole(endpoint)?;
        let exporter = opentelemetry_otlp::SpanExporter::builder().with_http();
        let exporter = exporter.with_protocol(Protocol::HttpBinary).with_endpoint(endpoint.clone()).build();
        let exporter = Arc::new(exporter.map_err(|error| wrong(&error.to_string()))?);
        Ok(Self { exporter, endpoint, exported, fails: AtomicBool::new(false), runtime })
    }

    fn told(&self, sent: &OTelSdkResult, spans: usize) {
        match sent {
            Ok(()) => {
                self.exported.inc_by(spans as u64);
                if self.fails.swap(false, Ordering::Relaxed) {
                    tracing::info!(endpoint = self.endpoint, "the collector takes spans again");
                }
            }
            Err(error) if !self.fails.swap(true, Ordering::Relaxed) => {
                tracing::warn!(%error, endpoint = self.endpoint, "the collector takes no spans: they are lost until it does");
            }
            Err(_) => {}
        }
    }
}

impl SpanExporter for Collector {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let (exporter, spans) = (Arc::clone(&self.exporter), batch.len());
        let sending = self.runtime.spawn(async move { exporter.export(batch).await });
        let broken_off = |_| Err(OTelSdkError::InternalFailure("the server stopped".to_owned()));
        let sent = sending.await.unwrap_or_else(broken_off);
        self.told(&sent, spans);
        sent
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        // Before the first batch, so that nobody else holds it.
        if let Some(exporter) = Arc::get_mut(&mut self.exporter) {
            exporter.set_resource(resource);
        }
    }
}

/// The URL that is posted to: one without a path gets the protocol's.
fn whole(endpoint: &str) -> Result<String> {
    let uri: Uri = endpoint.parse().map_err(|error| wrong(&format!("`{endpoint}`: {error}")))?;
    match uri.scheme_str() {
        Some("http" | "https") if uri.path() == "/" && uri.query().is_none() => {
            Ok(format!("{}{PATH}", endpoint.trim_end_matches('/')))
        }
        Some("http" | "https") => Ok(endpoint.to_owned()),
        _ => Err(wrong(&format!("`{endpoint}` is no URL of HTTP"))),
    }
}

fn wrong(what: &str) -> Error {
    let reason =
        format!("{what}; write where the collector takes OTLP over HTTP, as in http://127.0.0.1:4318");
    Error::Settings { setting: "serving.otlp_endpoint", reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_added_where_there_is_none() {
        for (endpoint, posted) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
            ("https://otlp.example.com/", "https://otlp.example.com/v1/traces"),
            ("https://otlp.example.com/otlp/v1/traces", "https://otlp.example.com/otlp/v1/traces"),
        ] {
            assert_eq!(whole(endpoint).unwrap(), posted);
        }
        for wrong in ["", "127.0.0.1:4318", "not a url", "grpc://127.0.0.1:4317", "/v1/traces"] {
            let error = whole(wrong).unwrap_err().to_string();
            assert!(error.starts_with("serving.otlp_endpoint cannot be used: "), "{error}");
        }
    }
}

//! A collector of traces that keeps what it is sent.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use prost::Message;
use tokio::net::TcpListener;

/// What a collector was sent.
#[derive(Clone, Default)]
pub struct Collector {
    pub endpoint: String,
    kept: Arc<Mutex<Vec<ResourceSpans>>>,
    delay: Duration,
}

impl Collector {
    pub async fn start() -> Self {
        Self::slow(Duration::ZERO).await
    }

    /// One that answers late.
    pub async fn slow(delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let collector = Self { endpoint, delay, kept: Arc::default() };
        let routes = Router::new().route("/v1/traces", post(take)).with_state(collector.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        collector
    }

    pub fn resources(&self) -> Vec<ResourceSpans> {
        self.kept.lock().unwrap().clone()
    }

    /// All spans, in the order in which they ended.
    pub fn spans(&self) -> Vec<Span> {
        let scopes = self.resources().into_iter().flat_map(|resource| resource.scope_spans);
        scopes.flat_map(|scope| scope.spans).collect()
    }
}

async fn take(State(collector): State<Collector>, headers: HeaderMap, body: Bytes) {
    tokio::time::sleep(collector.delay).await;
    assert_eq!(headers["content-type"], "application/x-protobuf");
    let sent = ExportTraceServiceRequest::decode(body).unwrap();
    collector.kept.lock().unwrap().extend(sent.resource_spans);
}

/// An attribute as text; empty where there is none.
pub fn attribute(attributes: &[KeyValue], key: &str) -> String {
    let found = attributes.iter().find(|attribute| attribute.key == key);
    match found.and_then(|found| found.value.clone()?.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        Some(other) => format!("{other:?}"),
        None => String::new(),
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

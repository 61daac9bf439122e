//! Spans reach a collector, in the trace of the caller, and cost no request when they do not.

use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use weekahead_serving::Error;
use weekahead_serving::http::{ServerHandle, serve_with};

use crate::away::{api, get, metric, served, settings, until, url};
use crate::collector::{Collector, attribute, hex};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

async fn ask(server: &ServerHandle, path: &str, headers: &[(&str, &str)]) -> u16 {
    let mut request = reqwest::Client::new().get(url(server, path));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap().status().as_u16()
}

async fn traced() -> (Collector, ServerHandle) {
    let collector = Collector::start().await;
    let endpoint = collector.endpoint.clone();
    (collector, served(|settings| settings.otlp_endpoint = Some(endpoint)).await)
}

#[tokio::test]
async fn a_request_is_a_span_of_its_callers_trace() {
    let (collector, server) = traced().await;
    let parent = format!("00-{TRACE}-{CALLER}-01");
    let headers = [("traceparent", parent.as_str()), ("tracestate", "desk=1"), ("x-request-id", "order-17")];
    let status = ask(&server, "/v1/features/IBM?features=range", &headers).await;
    server.shutdown().await;

    let spans = collector.spans();
    assert_eq!(spans.len(), 1, "{spans:?}");
    let span = &spans[0];
    assert_eq!((span.name.as_str(), span.kind()), ("GET /v1/features/{symbol}", SpanKind::Server));
    assert_eq!((hex(&span.trace_id), hex(&span.parent_span_id)), (TRACE.to_owned(), CALLER.to_owned()));
    assert_eq!((span.span_id.len(), span.trace_state.as_str()), (8, "desk=1"));
    assert!(span.start_time_unix_nano < span.end_time_unix_nano);
    for (key, value) in [
        ("http.request.method", "GET"),
        ("http.route", "/v1/features/{symbol}"),
        ("http.response.status_code", &status.to_string()),
        ("network.protocol.version", "1.1"),
        ("weekahead.request_id", "order-17"),
    ] {
        assert_eq!(attribute(&span.attributes, key), value, "{key}");
    }
    assert!(!format!("{span:?}").contains("IBM"), "{span:?}");
    let resource = collector.resources()[0].resource.clone().unwrap();
    assert_eq!(attribute(&resource.attributes, "service.name"), "weekahead");
    assert_eq!(attribute(&resource.attributes, "service.version"), env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn steps_are_below_their_request_and_faults_are_told() {
    let (collector, server) = traced().await;
    assert_eq!(ask(&server, "/v1/symbols", &[]).await, 503);
    server.shutdown().await;
    let spans = collector.spans();
    let [step, request] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!((step.name.as_str(), step.kind()), ("read symbols", SpanKind::Client));
    assert_eq!(attribute(&step.attributes, "db.system.name"), "clickhouse");
    assert_eq!(request.name, "GET /v1/symbols");
    assert_eq!(attribute(&request.attributes, "error.type"), "503");
    for span in [step, request] {
        assert_eq!(span.status.as_ref().unwrap().code(), StatusCode::Error, "{span:?}");
    }
    assert_eq!((&step.trace_id, &step.parent_span_id), (&request.trace_id, &request.span_id));
    assert!(request.parent_span_id.is_empty(), "a caller without a trace: one of our own");
}

#[tokio::test]
async fn what_the_caller_does_not_sample_and_probes_are_not_told() {
    let (collector, server) = traced().await;
    let unsampled = format!("00-{TRACE}-{CALLER}-00");
    ask(&server, "/v1/symbols", &[("traceparent", &unsampled)]).await;
    for probe in ["/healthz", "/metrics", "/v2/health/live"] {
        get(&server, probe).await;
    }
    // Not a valid one: as if there were none.
    ask(&server, "/nowhere/secret", &[("traceparent", &format!("00-{}-{CALLER}-01", "0".repeat(32)))]).await;
    server.shutdown().await;
    let spans = collector.spans();
    assert_eq!(spans.len(), 1, "{spans:?}");
    assert_eq!((spans[0].name.as_str(), spans[0].parent_span_id.len()), ("GET", 0));
    assert_eq!(attribute(&spans[0].attributes, "http.response.status_code"), "404");
    assert_eq!(attribute(&spans[0].attributes, "http.route"), "");
}

async fn ask_often(server: &ServerHandle, times: usize) {
    let client = reqwest::Client::new();
    for _ in 0..times {
        let answer = client.get(url(server, "/v1/features/two%20words")).send().await.unwrap();
        assert_eq!(answer.status(), 422);
    }
}

#[tokio::test]
async fn spans_are_counted_and_those_that_were_taken_too() {
    let (_, server) = traced().await;
    ask_often(&server, 600).await;
    assert_eq!(metric(&server, "weekahead_spans_total").await, 600.0);
    // A batch is full: it is sent before its time.
    until("a batch is taken", async || metric(&server, "weekahead_spans_exported_total").await >= 512.0)
        .await;
    server.shutdown().await;
}

/// Many requests, each answered, and a stop in reasonable time; what the collector has taken by then.
async fn costs_nothing(endpoint: String) -> f64 {
    let server = served(|settings| settings.otlp_endpoint = Some(endpoint)).await;
    let started = Instant::now();
    ask_often(&server, 100).await;
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    let taken = metric(&server, "weekahead_spans_exported_total").await;
    let stopping = Instant::now();
    server.shutdown().await;
    assert!(stopping.elapsed() < Duration::from_secs(9), "{:?}", stopping.elapsed());
    taken
}

#[tokio::test]
async fn a_collector_that_is_away_or_slow_costs_no_request_and_no_stop() {
    let (away, slow) = tokio::join!(costs_nothing("http://127.0.0.1:9".to_owned()), async {
        costs_nothing(Collector::slow(Duration::from_secs(60)).await.endpoint).await
    });
    assert_eq!((away, slow), (0.0, 0.0));
}

#[tokio::test]
async fn what_is_no_collector_is_refused_at_the_start() {
    let mut settings = settings();
    settings.otlp_endpoint = Some("127.0.0.1:4318".to_owned());
    let refused = serve_with(api(), settings).await;
    assert!(matches!(refused, Err(Error::Settings { setting: "serving.otlp_endpoint", .. })), "{refused:?}");
}

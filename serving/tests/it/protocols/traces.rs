//! A run of the model is a step of its request.

use serde_json::json;

use super::{send, served_with};
use crate::collector::{Collector, attribute};

#[tokio::test]
async fn a_prediction_says_how_long_the_model_took() {
    let collector = Collector::start().await;
    let server =
        served_with(true, |settings| settings.otlp_endpoint = Some(collector.endpoint.clone())).await;
    let body = json!({"inputs": [[0.05, 0.1, 0.02], [-1.0, 2.5, 0.3]]}).to_string().into_bytes();
    let (status, answer) = send(&server, "/invocations", Some("application/json"), body).await;
    assert_eq!(status, 200, "{answer}");
    server.shutdown().await;
    let spans = collector.spans();
    let [run, request] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!((run.name.as_str(), request.name.as_str()), ("run model", "POST /invocations"));
    assert_eq!(attribute(&run.attributes, "weekahead.rows"), "2");
    assert_eq!((&run.trace_id, &run.parent_span_id), (&request.trace_id, &request.span_id));
}

//! The access log: a line a request, as JSON, without what was asked.

use std::io;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use weekahead_serving::http::{NewKey, Scope};

use crate::away::{served, url};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_request_is_a_line() {
    let log = Log::default();
    let writer = log.clone();
    let lines = tracing_subscriber::fmt().json().flatten_event(true).with_writer(move || writer.clone());
    let _logging = tracing::subscriber::set_default(lines.finish());

    let made = NewKey::random("desk", vec![Scope::Read], None);
    let keys = vec![made.key.clone()];
    let server = served(|settings| settings.keys = keys).await;
    let request = reqwest::Client::new().get(url(&server, "/v1/features/IBM?features=range"));
    let request = request
        .header("x-api-key", &made.secret)
        .header("x-request-id", "order-17")
        .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    let answer = request.send().await.unwrap();
    let (status, bytes) = (answer.status().as_u16(), answer.bytes().await.unwrap().len());
    server.shutdown().await;

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let access: Vec<Value> = lines.filter(|line| line["target"] == "weekahead_serving::access").collect();
    assert_eq!(access.len(), 1, "{text}");
    let line = &access[0];
    assert_eq!(
        (line["method"].as_str(), line["route"].as_str()),
        (Some("GET"), Some("/v1/features/{symbol}"))
    );
    assert_eq!(
        (line["status"].as_u64(), line["bytes"].as_u64()),
        (Some(u64::from(status)), Some(bytes as u64))
    );
    assert_eq!((line["request_id"].as_str(), line["key"].as_str()), (Some("order-17"), Some("desk")));
    assert_eq!(line["trace_id"], "0af7651916cd43dd8448eb211c80319c");
    assert!(line["duration_ms"].as_f64().unwrap() > 0.0);
    assert!(!text.contains("IBM") && !text.contains(&made.secret), "{text}");
}

//! `/metrics` and the names of requests; docs/OPERATIONS.md tells of each metric, and of none that is not there.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::away::{get, metric, served, url};

/// Without what the text format adds to a name.
fn family(name: &str) -> &str {
    let endings = ["_bucket", "_count", "_sum", "_total"];
    endings.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
}

/// The names of metrics in a text.
fn named(text: &str) -> BTreeSet<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_metric =
        |word: &&str| word.starts_with("weekahead_") || word.starts_with("process_resident_memory");
    // The log's target is the name of a crate.
    let ours = text.split(|c| !is_name(c)).filter(is_metric).filter(|word| *word != "weekahead_serving");
    ours.map(|word| family(word).to_owned()).collect()
}

#[tokio::test]
async fn the_handbook_tells_of_every_metric_and_of_no_other() {
    let server = served(|_| ()).await;
    get(&server, "/nowhere").await;
    let (_, text) = get(&server, "/metrics").await;
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    let served: BTreeSet<String> = types.map(str::to_owned).collect();
    let handbook = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/OPERATIONS.md");
    assert_eq!(named(&std::fs::read_to_string(handbook).unwrap()), served);
    server.shutdown().await;
}

#[tokio::test]
async fn requests_are_counted_by_template_and_status() {
    let server = served(|_| ()).await;
    for path in
        ["/v1/features/AAPL", "/v1/features/IBM", "/v1/features/two%20words", "/nowhere/1", "/nowhere/2"]
    {
        get(&server, path).await;
    }
    let (_, text) = get(&server, "/metrics").await;
    let count = |method: &str, route: &str, status: u16| {
        let labels = format!("{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}} ");
        let line = format!("weekahead_http_request_duration_seconds_count{labels}");
        text.lines().find_map(|found| found.strip_prefix(&line)).map(|count| count.parse::<u32>().unwrap())
    };
    assert_eq!(count("GET", "/v1/features/{symbol}", 503), Some(2), "{text}");
    assert_eq!(count("GET", "/v1/features/{symbol}", 422), Some(1), "{text}");
    assert_eq!(count("GET", "unmatched", 404), Some(2), "{text}");
    assert!(!text.contains("AAPL") && !text.contains("nowhere"), "{text}");
    assert!(text.contains("weekahead_http_problems_total{code=\"not_loaded\"} 2"), "{text}");
    assert!(metric(&server, "process_resident_memory_bytes").await > 1e6);
    assert_eq!(metric(&server, "weekahead_model_version").await, 0.0);
    assert_eq!(metric(&server, "weekahead_http_requests_in_flight").await, 1.0, "this one");
    server.shutdown().await;
}

#[tokio::test]
async fn every_answer_has_a_name_and_a_problem_tells_it() {
    let server = served(|_| ()).await;
    let client = reqwest::Client::new();
    let ask = |path: &str, id: &str| client.get(url(&server, path)).header("x-request-id", id).send();
    let answer = ask("/healthz", "order-17").await.unwrap();
    let headers = answer.headers();
    assert_eq!(headers["x-request-id"], "order-17");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["referrer-policy"], "no-referrer");
    assert!(headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
    let made = ask("/healthz", "two words").await.unwrap().headers()["x-request-id"].clone();
    assert_eq!(made.len(), 36);

    let problem: Value = ask("/nowhere", "order-18").await.unwrap().json().await.unwrap();
    assert_eq!(problem["request_id"], "order-18", "{problem}");
    assert_eq!(problem["type"], "/problems/no_route");
    assert_eq!(problem["instance"], "/problems/no_route#order-18");
    let page = ask("/docs/", "order-19").await.unwrap();
    assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'self'"));
    server.shutdown().await;
}

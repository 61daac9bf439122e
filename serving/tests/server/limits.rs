//! What one client may cost the others: slow, large, odd, and many.

use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde_json::Value;

use crate::away::{Raw, get, metric, served, until, url};

#[tokio::test]
async fn a_client_that_dawdles_is_left() {
    let server = served(|settings| {
        settings.limits.header_read = Duration::from_millis(300);
        settings.limits.request = Duration::from_millis(300);
    })
    .await;
    let silent = Raw::connect(&server).await;
    let mut half_a_head = Raw::connect(&server).await;
    half_a_head.say("GET /healthz HT").await;
    let mut half_a_preface = Raw::connect(&server).await;
    half_a_preface.say("PRI * HTTP").await;
    let mut half_a_body = Raw::connect(&server).await;
    half_a_body.begin(100).await;
    half_a_body.say("{\"symbols\":").await;
    let (status, _, problem) = half_a_body.answer().await;
    assert_eq!((status, &problem["code"]), (504, &Value::from("timeout")));
    assert_eq!(silent.closed().await, "");
    assert_eq!(half_a_preface.closed().await, "");
    let said = half_a_head.closed().await;
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 408"), "{said}");
    drop(half_a_body);
    until("all are closed", async || metric(&server, "weekahead_http_connections").await <= 1.0).await;
    server.shutdown().await;
}

#[tokio::test]
async fn a_body_ends_at_the_limit() {
    let server = served(|settings| settings.limits.body_bytes = 1_000).await;
    let mut announced = Raw::connect(&server).await;
    announced.begin(1_001).await;
    let (status, head, problem) = announced.answer().await;
    assert_eq!((status, &problem["code"]), (413, &Value::from("body_too_large")));
    assert!(head.contains("content-type: application/problem+json"), "{head}");

    let mut in_chunks = Raw::connect(&server).await;
    in_chunks
        .say("POST /v1/forecasts HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")
        .await;
    let chunk = format!("1f4\r\n{}\r\n", " ".repeat(500));
    in_chunks.say(&format!("{chunk}{chunk}{chunk}0\r\n\r\n")).await;
    let (status, _, problem) = in_chunks.answer().await;
    assert_eq!((status, &problem["code"]), (413, &Value::from("body_too_large")), "{problem}");
    server.shutdown().await;
}

/// Method, path, type and body of a request; status and code of its answer.
type Odd<'a> = (&'a str, &'a str, &'a str, &'a [u8], u16, &'a str);

#[tokio::test]
async fn odd_requests_are_problems() {
    let server = served(|settings| settings.limits.symbols = 3).await;
    let json = "application/json";
    let deep = "[".repeat(100_000);
    let cases: [Odd<'_>; 12] = [
        ("POST", "/v1/forecasts", json, b"{\"symbols\": [\"IBM\"", 400, "malformed"),
        ("POST", "/v1/forecasts", json, b"", 400, "malformed"),
        ("POST", "/v1/forecasts", json, b"{\"symbols\": [\"\xff\xfe\"]}", 400, "malformed"),
        ("POST", "/v1/forecasts", json, b"{\"symbols\": NaN}", 400, "malformed"),
        ("POST", "/v1/forecasts", json, b"{\"symbols\": 1e999999}", 422, "malformed"),
        ("POST", "/v1/forecasts", json, b"{\"symbols\": [17]}", 422, "malformed"),
        ("POST", "/v1/forecasts", json, deep.as_bytes(), 422, "malformed"),
        ("POST", "/v1/forecasts", json, br#"{"symbols": ["A", "B", "C", "D"]}"#, 422, "symbol_count"),
        ("POST", "/v1/forecasts", "text/csv", b"symbols\nIBM", 415, "unsupported_media_type"),
        ("DELETE", "/v1/forecasts", json, b"", 405, "method_not_allowed"),
        ("BREW", "/v1/nowhere", json, b"", 404, "no_route"),
        ("GET", "/v1/features/%ff", json, b"", 400, "malformed"),
    ];
    let client = reqwest::Client::new();
    for (method, path, kind, body, status, code) in cases {
        let request =
            client.request(method.parse().unwrap(), url(&server, path)).header("content-type", kind);
        let answer = request.body(body.to_vec()).send().await.unwrap();
        let (found, kind) = (answer.status().as_u16(), answer.headers()["content-type"].clone());
        let allow = answer.headers().contains_key("allow");
        let problem: Value = answer.json().await.unwrap();
        let shown = String::from_utf8_lossy(&body[..body.len().min(40)]);
        // How a parser words and ranks what is wrong is its own affair: both statuses say that the request is.
        let as_told = found == status || ([400, 422].contains(&found) && [400, 422].contains(&status));
        assert!(as_told && problem["code"] == code, "{method} {path} {shown}: {found} {problem}");
        assert_eq!((kind.to_str().unwrap(), allow), ("application/problem+json", status == 405), "{problem}");
        assert!(problem["request_id"].is_string(), "{problem}");
    }
    let long = format!("/v1/features/{}", "a".repeat(70_000));
    let mut raw = Raw::connect(&server).await;
    raw.say(&format!("GET {long} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
    let said = raw.closed().await;
    assert!(said.starts_with("HTTP/1.1 4"), "{said}");
    assert_eq!(get(&server, "/healthz").await.0, 200);
    server.shutdown().await;
}

#[tokio::test]
async fn more_requests_than_the_limit_are_told_to_come_again() {
    let server = served(|settings| settings.limits.concurrent_requests = 2).await;
    let mut busy = [Raw::connect(&server).await, Raw::connect(&server).await];
    for raw in &mut busy {
        raw.begin(4).await;
    }
    until("two are under way", async || metric(&server, "weekahead_http_requests_in_flight").await == 3.0)
        .await;
    let answer = reqwest::get(url(&server, "/v1/features")).await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (503, &"1".parse().unwrap()));
    assert_eq!(answer.json::<Value>().await.unwrap()["code"], "overloaded");
    assert_eq!(get(&server, "/healthz").await.0, 200, "probes are answered all the same");
    for mut raw in busy {
        raw.say("oops").await;
        assert_eq!(raw.answer().await.0, 400);
    }
    assert_eq!(get(&server, "/v1/features").await.0, 200);
    server.shutdown().await;
}

#[tokio::test]
async fn more_connections_than_the_limit_are_turned_away() {
    let server = served(|settings| settings.limits.connections = 2).await;
    let mut held = [Raw::connect(&server).await, Raw::connect(&server).await];
    for raw in &mut held {
        raw.say("GET /v1/features HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert_eq!(raw.answer().await.0, 200);
    }
    let (status, head, problem) = Raw::connect(&server).await.answer().await;
    assert_eq!((status, &problem["code"]), (503, &Value::from("overloaded")));
    assert!(head.contains("retry-after: 1") && head.contains("connection: close"), "{head}");
    drop(held);
    until("there is room again", async || {
        let answer = reqwest::get(url(&server, "/healthz")).await;
        answer.is_ok_and(|answer| answer.status() == 200)
    })
    .await;
    server.shutdown().await;
}

/// As many as the system lets this process have at both ends, up to ten thousand.
#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_idle_connections_cost_little() {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).unwrap();
    let count = usize::try_from(hard.saturating_sub(500) / 2).unwrap().min(10_000);
    assert!(count >= 2_000, "only {hard} files may be open: raise `ulimit -n`");
    let server = served(|settings| settings.limits.header_read = Duration::from_secs(300)).await;
    let before = metric(&server, "process_resident_memory_bytes").await;
    let mut idle = Vec::with_capacity(count);
    for number in 0..count {
        let mut raw = Raw::connect(&server).await;
        if number % 10 == 0 {
            raw.say("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await;
        }
        idle.push(raw);
    }
    let all = count as f64;
    until("all are taken", async || metric(&server, "weekahead_http_connections").await >= all).await;
    let each = (metric(&server, "process_resident_memory_bytes").await - before) / all;
    let started = Instant::now();
    assert_eq!(get(&server, "/v1/features").await.0, 200);
    let answered = started.elapsed();
    eprintln!(
        "{count} idle connections, {each:.0} bytes each at both ends, another answered in {answered:?}"
    );
    assert!(each < 20_000.0, "{each} bytes each");
    assert!(answered < Duration::from_secs(1), "{answered:?}");
    let stopping = Instant::now();
    server.shutdown().await;
    assert!(stopping.elapsed() < Duration::from_secs(10), "idle connections do not hold the stop up");
}

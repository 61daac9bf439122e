//! Requests through all layers, to handlers that fail in their own ways; what the layers cost.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use tower::Service;

use super::*;
use crate::measures::Measures;

fn layered(routes: Router) -> Router {
    let mut settings = ServerSettings::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    settings.limits.request = Duration::from_millis(200);
    let shared = Shared::new(&settings, Metrics::new(&Measures::default())).unwrap();
    wrap(routes, &Arc::new(shared), &[]).unwrap()
}

async fn ask(routes: &mut Router, request: Request) -> Response {
    routes.call(request).await.unwrap()
}

async fn problem(routes: &mut Router, path: &str) -> (StatusCode, serde_json::Value) {
    let answer = ask(routes, Request::get(path).body(Body::empty()).unwrap()).await;
    let status = answer.status();
    let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn a_handler_that_panics_or_hangs_is_a_problem_of_its_request_alone() {
    async fn boom() -> &'static str {
        panic!("as the test wants it")
    }
    let hang = || std::future::pending::<&'static str>();
    let routes = Router::new().route("/boom", get(boom)).route("/hang", get(hang));
    let mut routes = layered(routes.route("/bare", get(|| async { StatusCode::BAD_GATEWAY })));
    for (path, status, code) in
        [("/boom", 500, "internal"), ("/hang", 504, "timeout"), ("/bare", 502, "internal")]
    {
        let (found, problem) = problem(&mut routes, path).await;
        assert_eq!((found.as_u16(), problem["code"].as_str()), (status, Some(code)), "{problem}");
        assert!(!problem.to_string().contains("as the test wants it"), "{problem}");
        assert_eq!(problem["request_id"].as_str().unwrap().len(), 36);
    }
}

#[tokio::test]
async fn what_a_protocol_of_its_own_says_is_left_alone() {
    let refusal = || async { (StatusCode::BAD_REQUEST, axum::Json(serde_json::json!({"error_code": "X"}))) };
    let mut routes = layered(Router::new().route("/invocations", get(refusal)));
    let (status, body) = problem(&mut routes, "/invocations").await;
    assert_eq!((status, body), (StatusCode::BAD_REQUEST, serde_json::json!({"error_code": "X"})));
}

/// Time of a request, the best of several rounds: the others tell of the machine.
async fn cost(mut routes: Router) -> Duration {
    const REQUESTS: u32 = 2_000;
    let mut best = Duration::MAX;
    for _ in 0..15 {
        let started = Instant::now();
        for _ in 0..REQUESTS {
            let request = Request::post("/invocations").header("content-type", "application/json");
            let answer = ask(&mut routes, request.body(Body::from("{}")).unwrap()).await;
            assert_eq!(answer.status(), StatusCode::OK);
        }
        best = best.min(started.elapsed() / REQUESTS);
    }
    best
}

#[tokio::test]
async fn all_layers_together_cost_less_than_ten_microseconds() {
    let routes = || Router::new().route("/invocations", post(|body: String| async { body }));
    let (bare, layered) = (cost(routes()).await, cost(layered(routes())).await);
    let added = layered.saturating_sub(bare);
    eprintln!("a request costs {bare:?} without the layers, {layered:?} with them: {added:?} more");
    assert!(added < Duration::from_micros(10), "{added:?}");
}

//! A tracker that stands between a client and MLflow and can be told to fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// Passes calls on until its budget is spent.
pub struct FlakyTracker {
    pub url: String,
    state: Arc<Flaky>,
}

struct Flaky {
    upstream: String,
    budget: AtomicU64,
    hangs: bool,
    spent: Notify,
}

impl FlakyTracker {
    /// In front of `upstream`; after `budget` calls it answers 503, or hangs.
    pub async fn start(upstream: String, budget: u64, hangs: bool) -> Self {
        let budget = AtomicU64::new(budget);
        let state = Arc::new(Flaky { upstream, budget, hangs, spent: Notify::new() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(pass_on).with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, state }
    }

    /// Returns when the budget is spent.
    pub async fn spent(&self) {
        self.state.spent.notified().await;
    }

    /// Passes everything on from now.
    pub fn heal(&self) {
        self.state.budget.store(u64::MAX, Ordering::SeqCst);
    }
}

async fn pass_on(
    State(flaky): State<Arc<Flaky>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let spend = |left: u64| left.checked_sub(1);
    if flaky.budget.fetch_update(Ordering::SeqCst, Ordering::SeqCst, spend).is_err() {
        flaky.spent.notify_one();
        if flaky.hangs {
            tokio::time::sleep(Duration::from_secs(3_600)).await;
        }
        return (StatusCode::SERVICE_UNAVAILABLE, "away").into_response();
    }
    let mut request = reqwest::Client::new().request(method, format!("{}{uri}", flaky.upstream)).body(body);
    if let Some(content_type) = headers.get(header::CONTENT_TYPE) {
        request = request.header(header::CONTENT_TYPE, content_type);
    }
    let answer = request.send().await.unwrap();
    (answer.status(), answer.bytes().await.unwrap()).into_response()
}

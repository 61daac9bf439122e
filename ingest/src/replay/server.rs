//! The provider's HTTP side.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use weekahead_market::Symbol;

use super::faults::json;
use super::{FaultPlan, QuoteStore, SymbolQuotes, chart};
use crate::{Error, Result};

/// Requests that are remembered.
const MAX_REMEMBERED: usize = 10_000;

/// What to serve, and where.
#[derive(Debug, Clone)]
pub struct ReplayConfig {
    /// A file of quotes or a directory of them ([`QuoteStore::read`]).
    pub quotes: PathBuf,
    /// The address to listen on; port 0 takes a free one.
    pub addr: SocketAddr,
    /// What goes wrong.
    pub faults: FaultPlan,
}

/// A running provider. Dropping it stops it at once; [`shutdown`](Self::shutdown) lets requests end.
#[derive(Debug)]
pub struct ReplayHandle {
    addr: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayRequest {
    /// The symbol.
    pub symbol: Symbol,
    /// Seconds since 1970.
    pub period1: i64,
    /// Seconds since 1970.
    pub period2: i64,
}

#[derive(Debug)]
struct Shared {
    store: Mutex<Arc<QuoteStore>>,
    faults: Mutex<FaultPlan>,
    requests: Mutex<VecDeque<ReplayRequest>>,
}

#[derive(Debug, Deserialize)]
struct Period {
    period1: Option<i64>,
    period2: Option<i64>,
}

/// Serves quotes until the handle is shut down or dropped.
///
/// # Errors
/// [`Error::File`] for quotes that cannot be read, [`Error::Bind`] for an address that cannot be had.
pub async fn serve(config: ReplayConfig) -> Result<ReplayHandle> {
    let ReplayConfig { quotes, addr, faults } = config;
    let store = tokio::task::spawn_blocking(move || QuoteStore::read(&quotes)).await;
    let store = store.map_err(|e| Error::Interrupted { reason: e.to_string() })??;
    serve_store(store, addr, faults).await
}

/// As [`serve`], with quotes that are in memory already.
///
/// # Errors
/// [`Error::Bind`] for an address that cannot be had.
pub async fn serve_store(store: QuoteStore, addr: SocketAddr, faults: FaultPlan) -> Result<ReplayHandle> {
    let bind = |e: std::io::Error| Error::Bind { addr, reason: e.to_string() };
    let listener = TcpListener::bind(addr).await.map_err(bind)?;
    let addr = listener.local_addr().map_err(bind)?;
    let store = Mutex::new(Arc::new(store));
    let shared = Arc::new(Shared { store, faults: Mutex::new(faults), requests: Mutex::default() });
    let app = Router::new().route("/v8/finance/chart/{symbol}", get(answer)).with_state(shared.clone());
    let (stop, stopped) = oneshot::channel::<()>();
    let listener = listener.tap_io(|stream| {
        // An answer is sent whole: there is nothing to wait for.
        let _ = stream.set_nodelay(true);
    });
    let serving = axum::serve(listener, app).with_graceful_shutdown(async {
        let _ = stopped.await;
    });
    let task = tokio::spawn(async move {
        if let Err(error) = serving.await {
            tracing::error!(%error, "the replay provider ended");
        }
    });
    Ok(ReplayHandle { addr, shared, stop: Some(stop), task })
}

impl ReplayHandle {
    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    /// What to set as the provider's base URL.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The symbols it knows.
    pub fn symbols(&self) -> Vec<Symbol> {
        self.shared.store().symbols().cloned().collect()
    }

    /// Knows other quotes from now on.
    pub fn set_quotes(&self, store: QuoteStore) {
        *self.shared.store.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(store);
    }

    /// The latest requests (10,000 at most), oldest first.
    pub fn requests(&self) -> Vec<ReplayRequest> {
        self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Plans other faults from now on.
    pub fn set_faults(&self, faults: FaultPlan) {
        *self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    /// Stops listening, lets requests end, and waits for it.
    pub async fn shutdown(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        let _ = (&mut self.task).await;
    }
}

impl Drop for ReplayHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn store(&self) -> Arc<QuoteStore> {
        Arc::clone(&self.store.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn remember(&self, request: ReplayRequest) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        if requests.len() == MAX_REMEMBERED {
            requests.pop_front();
        }
        requests.push_back(request);
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    Path(symbol): Path<String>,
    Query(period): Query<Period>,
) -> Response {
    let Ok(symbol) = Symbol::new(&symbol) else {
        return (StatusCode::NOT_FOUND, json(chart::not_found())).into_response();
    };
    let (period1, period2) = (period.period1.unwrap_or(i64::MIN), period.period2.unwrap_or(i64::MAX));
    shared.remember(ReplayRequest { symbol: symbol.clone(), period1, period2 });
    let fault = shared.faults.lock().unwrap_or_else(PoisonError::into_inner).next(&symbol);
    let none = SymbolQuotes::default();
    let store = shared.store();
    let quotes = store.get(&symbol);
    let range = quotes.map(|quotes| quotes.range(period1, period2));
    let right = match (quotes, range.filter(|range| !range.is_empty())) {
        (Some(quotes), Some(range)) => Ok(store.chart(&symbol, quotes, range)),
        (Some(_), None) => Err((StatusCode::BAD_REQUEST, chart::no_data(period1, period2))),
        (None, _) => Err((StatusCode::NOT_FOUND, chart::not_found())),
    };
    match (fault, right) {
        (Some(fault), right) => fault.spoil(right.unwrap_or_default(), quotes.unwrap_or(&none)).await,
        (None, Ok(right)) => json(right),
        (None, Err((status, body))) => (status, json(body)).into_response(),
    }
}

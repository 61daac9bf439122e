//! Listening, and stopping without losing what was promised.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::engine::Engine;
use crate::{EngineConfig, Error, Result, http};

/// How long canceled queries may take to end.
const CANCEL_TIME: Duration = Duration::from_secs(5);
const SESSION_SWEEP: Duration = Duration::from_secs(5);

/// Opens the engine and serves the ClickHouse HTTP interface until [`EngineHandle::shutdown`].
///
/// # Errors
/// When the library is missing, the directory is in use, or the address is not a free loopback address.
pub async fn serve(config: EngineConfig) -> Result<EngineHandle> {
    if !config.addr.ip().is_loopback() {
        return Err(Error::NotLoopback { addr: config.addr });
    }
    let addr = config.addr;
    let bind = |source| Error::Bind { addr, source };
    let listener = TcpListener::bind(addr).await.map_err(bind)?;
    let local_addr = listener.local_addr().map_err(bind)?;
    let opened = tokio::task::spawn_blocking(move || Engine::open(config)).await;
    let engine =
        Arc::new(opened.map_err(|e| Error::Config { reason: format!("opening the engine panicked: {e}") })??);
    let (stop, stopped) = oneshot::channel();
    let accepting = tokio::spawn(accept(listener, Arc::clone(&engine), stopped));
    Ok(EngineHandle { engine, local_addr, stop, accepting })
}

/// A running engine. Dropping it stops listening but leaves the engine open: call [`EngineHandle::shutdown`].
pub struct EngineHandle {
    engine: Arc<Engine>,
    local_addr: SocketAddr,
    stop: oneshot::Sender<()>,
    accepting: JoinHandle<GracefulShutdown>,
}

impl EngineHandle {
    /// The address it listens on, with the port that was picked for port 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The engine's version, such as `26.7.2.1`.
    pub fn version(&self) -> &str {
        &self.engine.version
    }

    /// Stops: takes no more connections, lets running queries end within `shutdown_grace`, cancels the rest, closes
    /// connections and the engine. The engine's threads may crash a process that returns from `main` afterwards:
    /// leave with [`std::process::exit`].
    pub async fn shutdown(self) {
        let _ = self.stop.send(());
        let connections = self.accepting.await;
        let engine = self.engine;
        let grace = engine.config.shutdown_grace;
        let idle = tokio::time::timeout(grace, all_idle(&engine));
        let closing = async {
            if let Ok(connections) = connections {
                let _ = tokio::time::timeout(grace, connections.shutdown()).await;
            }
        };
        let (idle, ()) = tokio::join!(idle, closing);
        let quiet = idle.is_ok() || cancel_all(&engine).await;
        if !quiet {
            tracing::error!("queries did not end after they were canceled: leaving the engine open");
            return;
        }
        let _ = tokio::task::spawn_blocking(move || engine.close()).await;
    }
}

async fn cancel_all(engine: &Arc<Engine>) -> bool {
    let canceling = Arc::clone(engine);
    let _ = tokio::task::spawn_blocking(move || canceling.kill_all()).await;
    tokio::time::timeout(CANCEL_TIME, all_idle(engine)).await.is_ok()
}

/// Waits until no query runs, and keeps new ones from starting.
async fn all_idle(engine: &Engine) {
    let all = u32::try_from(engine.config.max_concurrent_queries).unwrap_or(u32::MAX);
    if let Ok(permits) = engine.permits.acquire_many(all).await {
        permits.forget();
    }
}

async fn accept(
    listener: TcpListener,
    engine: Arc<Engine>,
    mut stop: oneshot::Receiver<()>,
) -> GracefulShutdown {
    let connections = GracefulShutdown::new();
    let mut sweep = tokio::time::interval(SESSION_SWEEP);
    loop {
        tokio::select! {
            _ = &mut stop => return connections,
            _ = sweep.tick() => {
                let engine = Arc::clone(&engine);
                tokio::task::spawn_blocking(move || engine.sessions.expire());
            }
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => spawn_connection(stream, Arc::clone(&engine), &connections),
                Err(error) => {
                    // Out of file descriptors, for one: try again when some may be free.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
}

fn spawn_connection(stream: TcpStream, engine: Arc<Engine>, connections: &GracefulShutdown) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let engine = Arc::clone(&engine);
        async move { Ok::<_, std::convert::Infallible>(http::handle(engine, request).await) }
    });
    let connection = connections.watch(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended early");
        }
    });
}

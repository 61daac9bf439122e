//! The listening server, and its end: what is under way is answered, nothing new is taken.
//!
//! `connection` is one client's, `tls` its encryption.

mod connection;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::layers::{self, Shared};
use super::metrics::{self, Metrics};
use super::{Api, ServerSettings, router};
use crate::{Error, Result};

use tls::Tls;

/// A running server. Dropped without [`shutdown`](Self::shutdown), it takes nothing new and lets go of what is idle.
#[derive(Debug)]
pub struct ServerHandle {
    addr: SocketAddr,
    server: Arc<Server>,
    closing: DropGuard,
    listening: JoinHandle<()>,
}

#[derive(Debug)]
struct Server {
    routes: Router,
    shared: Arc<Shared>,
    tls: Option<Tls>,
    places: Arc<Semaphore>,
    connections: TaskTracker,
    /// No new connections, and none that is idle.
    closing: CancellationToken,
    /// No connection at all.
    ended: CancellationToken,
}

/// Listens on an address and answers until [`ServerHandle::shutdown`]: [`serve_with`] the defaults.
///
/// # Errors
/// As [`serve_with`].
pub async fn serve(api: Api, addr: SocketAddr) -> Result<ServerHandle> {
    serve_with(api, ServerSettings::new(addr)).await
}

/// Listens as the settings say and answers until [`ServerHandle::shutdown`].
///
/// # Errors
/// [`Error::Listen`] when the address is taken or not ours; [`Error::Settings`] for a key, an origin, a certificate or a collector that
/// cannot be used, and for an address that others can reach without a key.
pub async fn serve_with(api: Api, settings: ServerSettings) -> Result<ServerHandle> {
    settings.check()?;
    let listen = |source| Error::Listen { addr: settings.addr, source };
    let server = Arc::new(Server::new(api, &settings)?);
    let listener = TcpListener::bind(settings.addr).await.map_err(listen)?;
    let addr = listener.local_addr().map_err(listen)?;
    let closing = server.closing.clone().drop_guard();
    let listening = tokio::spawn(Arc::clone(&server).listen(listener));
    Ok(ServerHandle { addr, server, closing, listening })
}

/// The routes of an API behind its layers, with the metrics that they feed.
pub(super) fn layered(api: Api, settings: &ServerSettings) -> Result<(Router, Arc<Shared>)> {
    let metrics = Metrics::new(api.live.registry().measures());
    let shared = Arc::new(Shared::new(settings, Arc::clone(&metrics))?);
    let routes = router(api.clone()).merge(metrics::routes(api, metrics));
    Ok((layers::wrap(routes, &shared, &settings.cors_origins)?, shared))
}

impl Server {
    fn new(api: Api, settings: &ServerSettings) -> Result<Self> {
        let (routes, shared) = layered(api, settings)?;
        Ok(Self {
            routes,
            shared,
            tls: settings.tls.as_ref().map(Tls::new).transpose()?,
            places: Arc::new(Semaphore::new(settings.limits.connections)),
            connections: TaskTracker::new(),
            closing: CancellationToken::new(),
            ended: CancellationToken::new(),
        })
    }

    async fn listen(self: Arc<Self>, listener: TcpListener) {
        while let Some(accepted) = self.closing.run_until_cancelled(listener.accept()).await {
            match accepted {
                Ok((stream, _)) => self.take(stream),
                Err(error) => {
                    // Out of file descriptors, most likely: some will be closed.
                    tracing::warn!(%error, "a connection cannot be taken");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    /// Answers a connection in a task of its own, or turns it away where there are too many.
    fn take(self: &Arc<Self>, stream: TcpStream) {
        let http = &self.shared.metrics.http;
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            http.refused_connections.inc();
            return connection::refuse(&stream);
        };
        http.connections.inc();
        let server = Arc::clone(self);
        self.connections.spawn(async move {
            server.ended.run_until_cancelled(connection::answer(&server, stream)).await;
            server.shared.metrics.http.connections.dec();
            drop(place);
        });
    }
}

impl ServerHandle {
    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    /// Answers what is under way and stops: `/readyz` says so at once, after the delay no connection is taken and idle ones are
    /// closed, after the limit a request that is still under way is broken off, and the last spans are sent.
    pub async fn shutdown(self) {
        let Self { server, closing, listening, .. } = self;
        let (delay, limit) = (server.shared.limits.drain_delay, server.shared.limits.drain);
        server.shared.drain();
        tokio::time::sleep(delay).await;
        drop(closing);
        let _ = listening.await;
        server.connections.close();
        if tokio::time::timeout(limit, server.connections.wait()).await.is_err() {
            let left = server.connections.len();
            tracing::warn!(left, "connections are broken off: their requests took longer than the drain may");
            server.ended.cancel();
            server.connections.wait().await;
        }
        if let Some(traces) = &server.shared.traces {
            traces.flush().await;
        }
    }
}

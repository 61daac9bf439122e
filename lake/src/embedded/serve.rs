//! The server: accepts connections, checks signatures, stops when asked.

use std::fs::File;
use std::net::SocketAddr;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{EmbeddedConfig, lock};
use crate::{Error, Result};

/// How long requests in flight may still take after a stop was asked for.
const GRACE: Duration = Duration::from_secs(10);
/// A pause after a failed accept (too many open files), so that it does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A running endpoint. Dropping the handle stops it without waiting.
#[derive(Debug)]
pub struct EmbeddedHandle {
    local_addr: SocketAddr,
    stop: CancellationToken,
    server: Option<JoinHandle<()>>,
}

/// Serves a directory until the handle says otherwise.
///
/// # Errors
/// [`Error::NotLoopback`], [`Error::Locked`], [`Error::Root`] or [`Error::Bind`].
pub async fn serve(config: EmbeddedConfig) -> Result<EmbeddedHandle> {
    if !config.addr.ip().is_loopback() {
        return Err(Error::NotLoopback { addr: config.addr });
    }
    let lock = lock::take(&config.root)?;
    let service = service(&config)?;
    let bind_error = |e: std::io::Error| Error::Bind { addr: config.addr, reason: e.to_string() };
    let listener = TcpListener::bind(config.addr).await.map_err(bind_error)?;
    let local_addr = listener.local_addr().map_err(bind_error)?;
    let stop = CancellationToken::new();
    let server = tokio::spawn(run(listener, service, stop.clone(), lock));
    tracing::info!(%local_addr, root = %config.root.display(), "the embedded lake is up");
    Ok(EmbeddedHandle { local_addr, stop, server: Some(server) })
}

impl EmbeddedHandle {
    /// The address it listens on.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Takes no new connections, lets requests in flight finish (10 s at most), and frees the directory.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        if let Some(server) = self.server.take() {
            // A panic of the server's task has been reported by its thread already.
            let _ = server.await;
        }
    }
}

impl Drop for EmbeddedHandle {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn service(config: &EmbeddedConfig) -> Result<S3Service> {
    let files = FileSystem::new(&config.root)
        .map_err(|e| Error::Root { root: config.root.clone(), reason: format!("{e:?}") })?;
    let mut builder = S3ServiceBuilder::new(files);
    builder
        .set_auth(SimpleAuth::from_single(config.access_key_id.as_str(), config.secret_access_key.as_str()));
    Ok(builder.build())
}

/// Holds the lock until the last request is answered.
async fn run(listener: TcpListener, service: S3Service, stop: CancellationToken, lock: File) {
    let server = Builder::new(TokioExecutor::new());
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((socket, _)) => {
                // Small answers must not wait for more (Nagle's algorithm).
                let _ = socket.set_nodelay(true);
                let connection = server.serve_connection(TokioIo::new(socket), service.clone()).into_owned();
                tokio::spawn(graceful.watch(connection));
            }
            Err(error) => {
                tracing::warn!(%error, "the embedded lake could not accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("the embedded lake stopped with requests in flight");
    }
    drop(lock);
}

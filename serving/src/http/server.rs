//! The listening server, and its end: what is under way is answered, nothing new is taken.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{Api, router};
use crate::{Error, Result};

/// A running server.
#[derive(Debug)]
pub struct ServerHandle {
    addr: SocketAddr,
    stop: oneshot::Sender<()>,
    done: JoinHandle<std::io::Result<()>>,
}

/// Listens on an address and answers until [`ServerHandle::shutdown`].
///
/// # Errors
/// [`Error::Listen`] when the address is taken or not ours.
pub async fn serve(api: Api, addr: SocketAddr) -> Result<ServerHandle> {
    let listen = |source| Error::Listen { addr, source };
    let listener = TcpListener::bind(addr).await.map_err(listen)?;
    let addr = listener.local_addr().map_err(listen)?;
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = axum::serve(listener, router(api)).with_graceful_shutdown(async {
        let _ = stopped.await;
    });
    Ok(ServerHandle { addr, stop, done: tokio::spawn(serving.into_future()) })
}

impl ServerHandle {
    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    /// Answers what is under way and stops; a client that takes longer than ten seconds is left alone.
    pub async fn shutdown(self) {
        let _ = self.stop.send(());
        let _ = tokio::time::timeout(Duration::from_secs(10), self.done).await;
    }
}

//! How a server listens, whom it lets in and where it stops.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::ApiKey;
use crate::{Error, Result};

/// How a server listens, whom it lets in and where it stops.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Whether it may be open to other machines without any key.
    pub open: bool,
    /// Who may ask; empty for everybody.
    pub keys: Vec<ApiKey>,
    /// Pages of which origins may ask from a browser; empty for none but its own.
    pub cors_origins: Vec<String>,
    /// Where the collector of traces takes OTLP over HTTP; `None` for no traces.
    pub otlp_endpoint: Option<String>,
    /// The certificate; `None` for plain HTTP.
    pub tls: Option<TlsFiles>,
    /// Where it stops.
    pub limits: Limits,
}

/// A certificate and its key, as PEM files; both are read again when they change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, with those of its chain after it.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Where a server stops: what one client may cost the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The largest body of a request.
    pub body_bytes: usize,
    /// The most symbols that a request may name.
    pub symbols: usize,
    /// How long a client may take for the head of a request, and be idle between two.
    pub header_read: Duration,
    /// How long an answer may take, the read of the request's body included.
    pub request: Duration,
    /// Requests under way at once.
    pub concurrent_requests: usize,
    /// Open connections.
    pub connections: usize,
    /// Requests at once on one HTTP/2 connection.
    pub http2_streams: u32,
    /// How long requests under way may go on after the stop was asked for.
    pub drain: Duration,
    /// How long new connections are taken after that, for load balancers to notice `/readyz`.
    pub drain_delay: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 16 * 1024 * 1024,
            symbols: 1_000,
            header_read: Duration::from_secs(30),
            request: Duration::from_secs(30),
            concurrent_requests: 256,
            connections: 12_000,
            http2_streams: 128,
            drain: Duration::from_secs(10),
            drain_delay: Duration::ZERO,
        }
    }
}

impl ServerSettings {
    /// Plain HTTP at an address, without keys.
    pub fn new(addr: SocketAddr) -> Self {
        Self {
            addr,
            open: false,
            keys: Vec::new(),
            cors_origins: Vec::new(),
            otlp_endpoint: None,
            tls: None,
            limits: Limits::default(),
        }
    }

    /// Refuses to be open to other machines by mistake.
    pub(super) fn check(&self) -> Result<()> {
        if self.addr.ip().is_loopback() || !self.keys.is_empty() {
            return Ok(());
        }
        if !self.open {
            return Err(Error::Settings {
                setting: "serving.addr",
                reason: format!(
                    "{} can be reached from other machines and no key is configured: make one with `weekahead keys new`, or \
                     set `serving.open = true` where something in front keeps strangers out",
                    self.addr
                ),
            });
        }
        tracing::warn!(addr = %self.addr, "the API is open: whoever reaches this address may ask");
        Ok(())
    }
}

//! The HTTP API: where it listens, whom it lets in, where it stops.

use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use serde::{Deserialize, Serialize};
use weekahead_market::Horizon;
use weekahead_serving::http::{ApiKey, Limits, ServerSettings, TlsFiles};

/// The HTTP API.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServingSettings {
    /// The address that the API listens on.
    pub addr: std::net::SocketAddr,
    /// Whether other machines may ask without a key.
    pub open: bool,
    /// How long after a look at registry and warehouse the next one is: for another champion, bars and features.
    pub follow_seconds: NonZeroU64,
    /// Horizons that are served beside `training.horizon`, each by a model of its own.
    pub horizons: Vec<Horizon>,
    /// The alias of a version that forecasts beside the champion, written and answered to nobody; none when empty.
    pub shadow_alias: String,
    /// How far an interval's levels move on the outcomes of an origin; 0 keeps them.
    pub adaptive_step: f64,
    /// How long requests under way may go on after the stop was asked for.
    pub drain_seconds: u64,
    /// How long after that connections are still taken, for load balancers to notice.
    pub drain_delay_seconds: u64,
    /// Pages of which origins may ask from a browser.
    pub cors_origins: Vec<String>,
    /// Where the collector of traces takes OTLP over HTTP; empty for no traces.
    pub otlp_endpoint: String,
    /// Who may ask; none for everybody.
    pub keys: Vec<ApiKey>,
    /// The certificate; empty paths for plain HTTP.
    pub tls: TlsSettings,
    /// What one client may cost the others.
    pub limits: LimitSettings,
}

/// A certificate and its key, as PEM files.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsSettings {
    /// The certificate and its chain.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// What one client may cost the others.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitSettings {
    /// The largest body of a request.
    pub body_bytes: NonZeroUsize,
    /// The most symbols that a request may name.
    pub symbols: NonZeroUsize,
    /// How long a client may take for the head of a request, and be idle between two.
    pub header_read_seconds: NonZeroU64,
    /// How long an answer may take.
    pub request_seconds: NonZeroU64,
    /// Requests under way at once.
    pub concurrent_requests: NonZeroUsize,
    /// Open connections.
    pub connections: NonZeroUsize,
    /// Requests at once on one HTTP/2 connection.
    pub http2_streams: NonZeroU32,
}

impl ServingSettings {
    /// As the server takes them.
    pub fn server(&self) -> anyhow::Result<ServerSettings> {
        let limits = &self.limits;
        Ok(ServerSettings {
            addr: self.addr,
            open: self.open,
            keys: self.keys.clone(),
            cors_origins: self.cors_origins.clone(),
            otlp_endpoint: Some(self.otlp_endpoint.clone()).filter(|endpoint| !endpoint.is_empty()),
            tls: self.tls.files()?,
            limits: Limits {
                body_bytes: limits.body_bytes.get(),
                symbols: limits.symbols.get(),
                header_read: Duration::from_secs(limits.header_read_seconds.get()),
                request: Duration::from_secs(limits.request_seconds.get()),
                concurrent_requests: limits.concurrent_requests.get(),
                connections: limits.connections.get(),
                http2_streams: limits.http2_streams.get(),
                drain: Duration::from_secs(self.drain_seconds),
                drain_delay: Duration::from_secs(self.drain_delay_seconds),
            },
        })
    }

    /// The alias of the version that forecasts in the champion's shadow, if there shall be one.
    pub fn shadow(&self) -> Option<&str> {
        Some(self.shadow_alias.as_str()).filter(|alias| !alias.is_empty())
    }

    /// Where a browser finds it.
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_on() { "https" } else { "http" };
        format!("{scheme}://{}", self.addr)
    }
}

impl TlsSettings {
    /// Whether a certificate is named.
    pub fn is_on(&self) -> bool {
        !self.certificate.as_os_str().is_empty()
    }

    fn files(&self) -> anyhow::Result<Option<TlsFiles>> {
        if self.is_on() == self.key.as_os_str().is_empty() {
            bail!("serving.tls needs both or neither: `certificate` and `key`");
        }
        let (certificate, key) = (self.certificate.clone(), self.key.clone());
        Ok(self.is_on().then_some(TlsFiles { certificate, key }))
    }
}

#[cfg(test)]
mod tests {
    use weekahead_serving::http::Limits;

    use crate::settings::Settings;

    #[test]
    fn the_built_in_file_says_what_the_server_does_by_itself() {
        let settings: Settings = toml::from_str(crate::settings::DEFAULTS).unwrap();
        let server = settings.serving.server().unwrap();
        assert_eq!(server.limits, Limits::default());
        assert!(
            server.tls.is_none() && server.keys.is_empty() && !server.open && server.otlp_endpoint.is_none()
        );
    }
}

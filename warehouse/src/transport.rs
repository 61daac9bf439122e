//! The HTTP connection: plain or TLS, with a limit on how long connecting may take.

use std::time::Duration;

use clickhouse::Client;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client as HyperClient, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use url::Url;

use crate::{Error, Result};

/// How long a server may take to accept a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// Below the 3 s after which ClickHouse closes an idle connection.
const IDLE_LIMIT: Duration = Duration::from_secs(2);

/// A client without credentials for an `http` or `https` address.
///
/// # Errors
/// [`Error::Tls`] when the system has no CA certificates; [`Error::Url`] for another scheme.
pub(crate) fn client_for(url: &Url) -> Result<Client> {
    let client = match url.scheme() {
        "http" => Client::with_http_client(builder().build(tcp())),
        "https" => Client::with_http_client(builder().build(tls(url)?)),
        _ => return Err(Error::Url { url: url.to_string() }),
    };
    Ok(client.with_url(url.as_str()))
}

fn builder() -> hyper_util::client::legacy::Builder {
    let mut builder = HyperClient::builder(TokioExecutor::new());
    builder.pool_idle_timeout(IDLE_LIMIT);
    builder
}

fn tcp() -> HttpConnector {
    let mut tcp = HttpConnector::new();
    tcp.set_connect_timeout(Some(CONNECT_LIMIT));
    tcp.set_keepalive(Some(Duration::from_secs(60)));
    tcp.set_nodelay(true);
    tcp.enforce_http(false);
    tcp
}

fn tls(url: &Url) -> Result<HttpsConnector<HttpConnector>> {
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let roots = HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(provider)
        .map_err(|error| Error::Tls { url: url.to_string(), detail: error.to_string() })?;
    Ok(roots.https_only().enable_http1().wrap_connector(tcp()))
}

//! TLS by rustls; a renewed certificate is taken without a restart.

use std::fs;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::http::TlsFiles;
use crate::{Error, Result};

/// How long after a look at the files the next handshake looks again.
const LOOKS: Duration = Duration::from_secs(1);

/// Accepts TLS connections with the newest certificate that could be read.
#[derive(Debug)]
pub(super) struct Tls {
    files: TlsFiles,
    state: RwLock<State>,
}

#[derive(Debug)]
struct State {
    config: Arc<ServerConfig>,
    written: Option<SystemTime>,
    looked: Instant,
}

impl Tls {
    /// # Errors
    /// [`Error::Settings`] when the files are no certificate and its key.
    pub(super) fn new(files: &TlsFiles) -> Result<Self> {
        let written = written(files);
        let state = State { config: Arc::new(config(files)?), written, looked: Instant::now() };
        Ok(Self { files: files.clone(), state: RwLock::new(state) })
    }

    pub(super) async fn accept(&self, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        TlsAcceptor::from(self.current()).accept(stream).await
    }

    /// The configuration in force; files that changed are read again, and kept out where they cannot be used.
    fn current(&self) -> Arc<ServerConfig> {
        let (config, looked) = {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            (Arc::clone(&state.config), state.looked)
        };
        if looked.elapsed() < LOOKS {
            return config;
        }
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.looked = Instant::now();
        let written = written(&self.files);
        if written != state.written {
            match self::config(&self.files) {
                Ok(config) => {
                    state.config = Arc::new(config);
                    tracing::info!("the certificate was read again");
                }
                Err(error) => tracing::warn!(%error, "the certificate changed: the one before stays"),
            }
            state.written = written;
        }
        Arc::clone(&state.config)
    }
}

/// When either file was last written.
fn written(files: &TlsFiles) -> Option<SystemTime> {
    let time = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    time(&files.certificate).max(time(&files.key))
}

fn config(files: &TlsFiles) -> Result<ServerConfig> {
    let wrong = |setting: &'static str, path: &Path, error: &dyn std::fmt::Display| Error::Settings {
        setting,
        reason: format!("{}: {error}; it is a PEM file", path.display()),
    };
    let of_certificate = |error| wrong("serving.tls.certificate", &files.certificate, &error);
    let chain = CertificateDer::pem_file_iter(&files.certificate).map_err(of_certificate)?;
    let chain = chain.collect::<std::result::Result<Vec<_>, _>>().map_err(of_certificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| wrong("serving.tls.key", &files.key, &error))?;
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions();
    let mut config = builder
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| wrong("serving.tls.certificate", &files.certificate, &error))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

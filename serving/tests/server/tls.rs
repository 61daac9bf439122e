//! TLS with a certificate from files, and with the next one when the files change.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::Request;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use reqwest::{Certificate, Client};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use weekahead_serving::http::{ServerHandle, TlsFiles};

use crate::away::{served, until};

/// Writes a new certificate for this machine; a client that trusts it alone.
fn renewed(files: &TlsFiles) -> Client {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    std::fs::write(&files.certificate, cert.pem()).unwrap();
    std::fs::write(&files.key, signing_key.serialize_pem()).unwrap();
    let trusted = Certificate::from_pem(cert.pem().as_bytes()).unwrap();
    Client::builder().tls_certs_only([trusted]).pool_max_idle_per_host(0).build().unwrap()
}

fn files(home: &Path) -> TlsFiles {
    TlsFiles { certificate: home.join("tls.crt"), key: home.join("tls.key") }
}

#[tokio::test]
async fn requests_are_encrypted_and_renewed_certificates_taken() {
    let home = tempfile::TempDir::new().unwrap();
    let files = files(home.path());
    let first = renewed(&files);
    let server = served(|settings| settings.tls = Some(files.clone())).await;
    let url = format!("https://{}/healthz", server.local_addr());
    let answer = first.get(&url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let plain = reqwest::get(format!("http://{}/healthz", server.local_addr())).await;
    assert!(plain.is_err(), "{plain:?}");

    // What cannot be used leaves the one before in force.
    std::fs::write(&files.key, "no key").unwrap();
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert!(first.get(&url).send().await.is_ok());
    let second = renewed(&files);
    until("the next certificate is in force", async || second.get(&url).send().await.is_ok()).await;
    assert!(first.get(&url).send().await.is_err(), "it does not trust the new one");
    server.shutdown().await;
}

/// Asks several times on one connection of HTTP/2.
async fn ask_by_http2(server: &ServerHandle, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
    let (mut client, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    for _ in 0..3 {
        let request = Request::get(crate::away::url(server, "/healthz")).body(Body::empty()).unwrap();
        let answer = client.send_request(request).await.unwrap();
        assert_eq!((answer.version(), answer.status().as_u16()), (hyper::Version::HTTP_2, 200));
    }
}

#[tokio::test]
async fn http2_is_spoken_without_tls_too() {
    let server = served(|_| ()).await;
    ask_by_http2(&server, TcpStream::connect(server.local_addr()).await.unwrap()).await;
    server.shutdown().await;
}

#[tokio::test]
async fn http2_is_agreed_on_in_the_handshake() {
    let home = tempfile::TempDir::new().unwrap();
    let files = files(home.path());
    renewed(&files);
    let server = served(|settings| settings.tls = Some(files.clone())).await;
    let mut trusted = RootCertStore::empty();
    trusted.add(CertificateDer::from_pem_file(&files.certificate).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_root_certificates(trusted);
    let mut config = config.with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let stream = TcpStream::connect(server.local_addr()).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    ask_by_http2(&server, stream).await;
    server.shutdown().await;
}

//! TLS with a certificate from files, and with the next one when the files change.

use std::path::Path;
use std::time::Duration;

use axum::body::Body;
use hyper::Request;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use reqwest::{Certificate, Client};
use tokio::net::TcpStream;
use weekahead_serving::http::TlsFiles;

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

#[tokio::test]
async fn http2_is_spoken_without_tls_too() {
    let server = served(|_| ()).await;
    let stream = TcpStream::connect(server.local_addr()).await.unwrap();
    let (mut client, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let speaking = tokio::spawn(connection);
    for _ in 0..3 {
        let request = Request::get(crate::away::url(&server, "/healthz")).body(Body::empty()).unwrap();
        let answer = client.send_request(request).await.unwrap();
        assert_eq!((answer.version(), answer.status().as_u16()), (hyper::Version::HTTP_2, 200));
    }
    server.shutdown().await;
    speaking.await.unwrap().unwrap();
}

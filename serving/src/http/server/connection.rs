//! One client's connection: waited for, spoken to, closed.

use std::io;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Server;

/// What an HTTP/2 client says first.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The largest head of a request.
const MOST_HEAD_BYTES: usize = 64 * 1024;
/// How long after a silence an HTTP/2 client is asked whether it is still there, and how long it may take to say so.
const PING: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(10));

/// What is said to a connection beyond the limit. The client has not been read, so nothing in it depends on the request.
const TURNED_AWAY: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: 1\r\n\
    connection: close\r\ncontent-length: 174\r\n\r\n\
    {\"type\":\"/problems/overloaded\",\"code\":\"overloaded\",\"title\":\"Too many connections\",\"status\":503,\
    \"detail\":\"as many connections are open as the server takes; try again shortly\"}";

/// Answers all requests of a connection.
///
/// A client that has said nothing costs a file descriptor and a task; buffers come with its first byte.
pub(super) async fn answer(server: &Server, stream: TcpStream) {
    let patience = server.shared.limits.header_read;
    let _ = stream.set_nodelay(true);
    let greeted = timeout(patience, greeting(&stream, server.tls.is_some()));
    let Some(Ok(Ok(greeting))) = server.closing.run_until_cancelled(greeted).await else { return };
    match (&server.tls, greeting) {
        (_, Greeting::Goodbye) => {}
        (None, Greeting::Http2) => speak_http2(server, stream).await,
        (None, _) => speak_http1(server, stream).await,
        (Some(tls), _) => match timeout(patience, tls.accept(stream)).await {
            Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => {
                speak_http2(server, stream).await;
            }
            Ok(Ok(stream)) => speak_http1(server, stream).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        },
    }
}

/// Turns a connection away, as far as that goes without waiting for it.
pub(super) fn refuse(stream: &TcpStream) {
    let _ = stream.try_write(TURNED_AWAY.as_bytes());
}

enum Greeting {
    Http1,
    Http2,
    Goodbye,
}

/// Waits for the first bytes, and leaves them there.
async fn greeting(stream: &TcpStream, encrypted: bool) -> io::Result<Greeting> {
    let mut first = [0; PREFACE.len()];
    loop {
        let read = stream.peek(&mut first).await?;
        if read == 0 {
            return Ok(Greeting::Goodbye);
        }
        if encrypted || first[..read] != PREFACE[..read] {
            return Ok(Greeting::Http1);
        }
        if read == PREFACE.len() {
            return Ok(Greeting::Http2);
        }
        // The rest is on its way; what has come already would be seen at once again.
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn speak_http1<S>(server: &Server, stream: S)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(server.shared.limits.header_read)
        .max_buf_size(MOST_HEAD_BYTES);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service(&server.routes)));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = server.closing.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    told(ended);
}

async fn speak_http2<S>(server: &Server, stream: S)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(server.shared.limits.http2_streams)
        .max_header_list_size(MOST_HEAD_BYTES as u32)
        .keep_alive_interval(PING.0)
        .keep_alive_timeout(PING.1);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service(&server.routes)));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = server.closing.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    told(ended);
}

fn service(routes: &Router) -> TowerToHyperService<Router> {
    TowerToHyperService::new(routes.clone())
}

/// A client that goes away or is too slow is no fault of ours.
fn told(ended: Result<(), hyper::Error>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection was broken off");
    }
}

#[cfg(test)]
mod tests {
    use super::TURNED_AWAY;

    #[test]
    fn what_is_said_to_those_turned_away_is_a_whole_answer() {
        let (head, body) = TURNED_AWAY.split_once("\r\n\r\n").unwrap();
        let problem: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(problem["code"], "overloaded");
        assert!(head.ends_with(&format!("content-length: {}", body.len())), "{}", body.len());
    }
}

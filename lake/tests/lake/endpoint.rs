//! The embedded endpoint: who may use it, from where, and how it says no.

use std::time::{Duration, Instant};

use weekahead_lake::embedded::serve;
use weekahead_lake::{Error, Lake, LakeConfig};

use crate::world::{World, config};

#[tokio::test]
async fn a_wrong_secret_or_key_is_refused_with_a_clear_message() {
    let world = World::new().await;
    let wrong = [
        LakeConfig { secret_access_key: Some("another".into()), ..world.lake.config().clone() },
        LakeConfig { access_key_id: Some("nobody".into()), ..world.lake.config().clone() },
    ];
    for config in wrong {
        let error = Lake::open(&config).await.unwrap_err();
        assert!(matches!(error, Error::Denied { .. }), "{error:?}");
        assert!(error.to_string().contains("check access_key_id and secret_access_key"), "{error}");
        assert!(!error.is_retryable());
    }
}

#[tokio::test]
async fn an_unsigned_request_is_refused() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let world = World::new().await;
    world.lake.put("raw/a", "hello".into()).await.unwrap();
    let mut socket = tokio::net::TcpStream::connect(world.endpoint.local_addr()).await.unwrap();
    socket
        .write_all(b"GET /lake/raw/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    assert!(!answer.contains("hello"));
}

#[tokio::test]
async fn a_second_instance_on_the_same_directory_is_refused_until_the_first_stops() {
    let world = World::new().await;
    let error = serve(config(world.root.path())).await.unwrap_err();
    assert!(matches!(error, Error::Locked { .. }), "{error}");
    world.lake.put("raw/a", "hello".into()).await.unwrap();
    world.endpoint.shutdown().await;

    let config = config(world.root.path());
    let again = serve(config.clone()).await.unwrap();
    let lake = Lake::open(&config.lake_config(again.local_addr())).await.unwrap();
    assert_eq!(lake.get("raw/a").await.unwrap(), "hello");
}

#[tokio::test]
async fn other_machines_cannot_reach_it() {
    let root = tempfile::TempDir::new().unwrap();
    for addr in ["0.0.0.0:0", "[::]:0", "192.0.2.1:9000"] {
        let mut config = config(root.path());
        config.addr = addr.parse().unwrap();
        assert!(matches!(serve(config).await, Err(Error::NotLoopback { .. })), "{addr}");
    }
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let world = World::new().await;
    let root = tempfile::TempDir::new().unwrap();
    let mut config = config(root.path());
    config.addr = world.endpoint.local_addr();
    let error = serve(config).await.unwrap_err();
    assert!(matches!(error, Error::Bind { .. }), "{error:?}");
    let port = world.endpoint.local_addr().port();
    assert!(error.to_string().contains(&format!("port {port}, or set another")), "{error}");
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_an_error_in_bounded_time() {
    let world = World::new().await;
    let config = world.lake.config().clone();
    world.endpoint.shutdown().await;
    let began = Instant::now();
    for error in [Lake::open(&config).await.unwrap_err(), world.lake.loads().await.unwrap_err()] {
        assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
        assert!(error.is_retryable());
        let endpoint = config.endpoint.as_deref().unwrap();
        assert!(
            error.to_string().contains(endpoint) && error.to_string().contains("weekahead up"),
            "{error}"
        );
    }
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_bucket_that_vanished_is_named() {
    let world = World::new().await;
    std::fs::remove_dir_all(world.root.path().join("lake")).unwrap();
    let error = world.lake.loads().await.unwrap_err();
    assert!(matches!(error, Error::MissingBucket { .. }), "{error:?}");
    Lake::open(world.lake.config()).await.unwrap();
    assert_eq!(world.lake.loads().await.unwrap(), []);
}

//! Large bodies both ways, and clients that leave.

use std::time::{Duration, Instant};

use futures::StreamExt;

use crate::server::{Server, read};

/// Megabytes a warm server may grow by while some hundred go in and several hundred come out.
const GROWTH_MEGABYTES: u64 = 250;
const ROWS: u64 = 12_000_000;

#[tokio::test]
async fn memory_stays_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    server.sql("CREATE TABLE t (a UInt64, b UInt64, c UInt64) ENGINE = MergeTree ORDER BY a").await;
    let piece: bytes::Bytes =
        (0..43_690u64).flat_map(|row| [row, row * 2, row * 3]).flat_map(u64::to_le_bytes).collect();
    let pieces = ROWS / 43_690;
    // The first part of the data warms up the engine's own pools and caches.
    insert(&server, &piece, pieces / 3).await;
    let before = server.peak_megabytes();
    server.sql("TRUNCATE TABLE t").await;
    insert(&server, &piece, pieces).await;
    for format in ["RowBinaryWithNamesAndTypes", "JSONEachRow"] {
        let mut body = server
            .post(&[("default_format", format)])
            .body("SELECT * FROM t")
            .send()
            .await
            .unwrap()
            .bytes_stream();
        let mut size = 0;
        while let Some(chunk) = body.next().await {
            size += chunk.unwrap().len() as u64;
        }
        let header = "\u{3}\u{1}a\u{1}b\u{1}c\u{6}UInt64\u{6}UInt64\u{6}UInt64".len() as u64;
        assert!(format == "JSONEachRow" || size == pieces * 43_690 * 24 + header, "{size}");
    }
    let growth = server.peak_megabytes() - before;
    assert!(growth < GROWTH_MEGABYTES, "grew by {growth} MB");
}

async fn insert(server: &Server, piece: &bytes::Bytes, times: u64) {
    let piece = piece.clone();
    let body = futures::stream::iter((0..times).map(move |_| Ok::<_, std::io::Error>(piece.clone())));
    let insert =
        server.post(&[("query", "INSERT INTO t FORMAT RowBinary")]).body(reqwest::Body::wrap_stream(body));
    assert_eq!(read(insert).await.status, 200);
}

#[tokio::test]
async fn a_client_that_leaves_cancels_its_query() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let endless = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1";
    for sql in [
        endless.to_owned(),
        "SELECT number FROM numbers(1000000000000)".to_owned(),
        format!("CREATE TABLE t ENGINE = Memory AS {endless}"),
    ] {
        let left = tokio::time::timeout(Duration::from_millis(500), async {
            let response = server.post(&[]).body(sql.clone()).send().await.unwrap();
            let _ = response.bytes_stream().for_each(|_| async {}).await;
        });
        assert!(left.await.is_err(), "{sql}");
        wait_until_idle(&server, &sql).await;
    }
}

#[tokio::test]
async fn a_broken_insert_ends() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    server.sql("CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a").await;
    let body = futures::stream::iter([Ok("1\n2\n"), Err(std::io::Error::other("the client breaks off"))]);
    let insert = server.post(&[("query", "INSERT INTO t FORMAT CSV")]).body(reqwest::Body::wrap_stream(body));
    assert!(insert.send().await.is_err());
    wait_until_idle(&server, "insert").await;
    assert_eq!(server.sql("SELECT count() FROM t").await, "0\n");
}

#[tokio::test]
async fn a_late_error_breaks_the_body_off() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let sql =
        "SELECT throwIf(number = 3000000, 'late'), number FROM numbers(4000000) SETTINGS max_threads = 1";
    let response = server.post(&[]).body(sql).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let tag = response.headers()["x-clickhouse-exception-tag"].to_str().unwrap().to_owned();
    let (mut text, mut broken) = (Vec::new(), false);
    let mut body = response.bytes_stream();
    while let Some(chunk) = body.next().await {
        match chunk {
            Ok(chunk) => text.extend_from_slice(&chunk),
            Err(_) => broken = true,
        }
    }
    let tail = String::from_utf8_lossy(&text[text.len() - 600..]).into_owned();
    assert!(broken, "an incomplete body looked complete");
    assert!(tail.contains("Code: 395. DB::Exception: late"), "{tail}");
    assert!(tail.ends_with(&format!(" {tag}\r\n__exception__\r\n")), "{tail}");
    let early = server.try_sql(&[("wait_end_of_query", "1")], sql).await;
    assert_eq!((early.status, early.code), (500, Some(395)));
}

async fn wait_until_idle(server: &Server, what: &str) {
    let start = Instant::now();
    while server.sql("SELECT count() FROM system.processes").await != "1\n" {
        assert!(start.elapsed() < Duration::from_secs(5), "still running: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

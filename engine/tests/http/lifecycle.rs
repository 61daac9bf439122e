//! Starting, stopping and dying.

use std::time::{Duration, Instant};

use crate::server::{Server, fail_to_start, read};

#[tokio::test]
async fn acknowledged_rows_survive_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start(dir.path());
    server.sql("CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a").await;
    for start in 0..20u64 {
        let data: Vec<u8> = (start * 1000..(start + 1) * 1000).flat_map(u64::to_le_bytes).collect();
        let insert = server.post(&[("query", "INSERT INTO t FORMAT RowBinary")]).body(data);
        assert_eq!(read(insert).await.status, 200);
    }
    server.kill();
    let server = Server::start(dir.path());
    assert_eq!(server.sql("SELECT count(), sum(a) FROM t").await, "20000\t199990000\n");
}

#[tokio::test]
async fn one_process_a_directory() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let (code, text) = fail_to_start(dir.path(), &[]);
    assert_eq!(code, Some(2));
    assert!(
        text.contains("in use by another engine process") && text.contains(&server.pid().to_string()),
        "{text}"
    );
    assert_eq!(server.sql("SELECT 1").await, "1\n");
    let (code, text) =
        fail_to_start(&dir.path().join("other"), &[("WEEKAHEAD_LIBCHDB", "/nowhere/libchdb.so")]);
    assert_eq!(code, Some(2));
    assert!(text.contains("/nowhere/libchdb.so") && text.contains("make setup"), "{text}");
}

#[tokio::test]
async fn sigterm_lets_queries_end() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let slow = server.post(&[]).body("SELECT sleep(1), 'done'");
    let slow = tokio::spawn(async move { read(slow).await });
    tokio::time::sleep(Duration::from_millis(400)).await;
    let code = tokio::task::spawn_blocking(move || server.terminate()).await.unwrap();
    assert_eq!(code, Some(0));
    assert_eq!(slow.await.unwrap().text, "0\tdone\n");
}

#[tokio::test]
async fn sigterm_cancels_what_does_not_end() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start_with(dir.path(), &[("WEEKAHEAD_ENGINE_SHUTDOWN_GRACE_SECONDS", "1")]);
    let endless =
        server.post(&[]).body("SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1");
    let endless = tokio::spawn(async move { endless.send().await });
    tokio::time::sleep(Duration::from_millis(400)).await;
    let start = Instant::now();
    let code = tokio::task::spawn_blocking(move || server.terminate()).await.unwrap();
    assert_eq!(code, Some(0));
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    let _ = endless.await.unwrap();
}

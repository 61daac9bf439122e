//! Sessions: what stays between requests and what does not.

use std::time::Duration;

use crate::server::Server;

#[tokio::test]
async fn a_session_keeps_its_state() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let in_session = [("session_id", "one")];
    let run = |sql: &'static str| server.try_sql(&in_session, sql);
    assert_eq!(
        server.try_sql(&[("session_id", "one"), ("session_check", "1")], "SELECT 1").await.code,
        Some(372)
    );
    assert_eq!(run("CREATE TEMPORARY TABLE temp (a Int8)").await.status, 200);
    assert_eq!(run("INSERT INTO temp VALUES (42)").await.status, 200);
    assert_eq!(run("SET max_threads = 7").await.status, 200);
    assert_eq!(run("SELECT a, getSetting('max_threads') FROM temp").await.text, "42\t7\n");
    assert_eq!(server.try_sql(&[], "SELECT * FROM temp").await.code, Some(60));
    let with_settings =
        [("session_id", "one"), ("max_threads", "3"), ("max_block_size", "10"), ("database", "system")];
    let sql = "SELECT getSetting('max_threads'), getSetting('max_block_size'), currentDatabase()";
    assert_eq!(server.try_sql(&with_settings, sql).await.text, "3\t10\tsystem\n");
    let after = "SELECT getSetting('max_threads'), getSetting('max_block_size') > 10, currentDatabase()";
    assert_eq!(run(after).await.text, "7\t1\tdefault\n");
    let closing = [("session_id", "one"), ("close_session", "1")];
    assert_eq!(server.try_sql(&closing, "SELECT a FROM temp").await.text, "42\n");
    assert_eq!(run("SELECT a FROM temp").await.code, Some(60));
}

#[tokio::test]
async fn a_session_runs_one_query_and_ends_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let second = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.try_sql(&[("session_id", "s")], "SELECT 1").await
    };
    let (first, second) = tokio::join!(server.try_sql(&[("session_id", "s")], "SELECT sleep(1)"), second);
    assert_eq!((first.status, second.code), (200, Some(373)));
    let short = [("session_id", "short"), ("session_timeout", "1")];
    assert_eq!(server.try_sql(&short, "SELECT 1").await.status, 200);
    let check = [("session_id", "short"), ("session_timeout", "1"), ("session_check", "1")];
    assert_eq!(server.try_sql(&check, "SELECT 1").await.status, 200);
    tokio::time::sleep(Duration::from_millis(1300)).await;
    assert_eq!(server.try_sql(&check, "SELECT 1").await.code, Some(372));
    assert_eq!(
        server.try_sql(&[("session_id", "x"), ("session_timeout", "99999")], "SELECT 1").await.code,
        Some(374)
    );
}

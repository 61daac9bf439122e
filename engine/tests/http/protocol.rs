//! Requests and responses on the wire.

use crate::server::{Answer, PASSWORD, Server, read};

#[tokio::test]
async fn health_needs_no_login_and_queries_do() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    for path in ["/ping", "/", "/replicas_status"] {
        let ok = Answer { status: 200, code: None, text: "Ok.\n".into() };
        assert_eq!(read(server.anonymous(path)).await, ok, "{path}");
    }
    assert_eq!(read(server.anonymous("/elsewhere")).await.status, 404);
    let query = "/?query=SELECT+1";
    let denied = read(server.anonymous(query)).await;
    assert_eq!((denied.status, denied.code), (401, Some(516)));
    assert!(denied.text.contains("AUTHENTICATION_FAILED"));
    assert_eq!(read(server.anonymous(query).basic_auth("default", Some("wrong"))).await.status, 401);
    assert_eq!(read(server.anonymous(query).basic_auth("default", Some(PASSWORD))).await.text, "1\n");
    let in_url = server.anonymous(query).query(&[("user", "default"), ("password", PASSWORD)]);
    assert_eq!(read(in_url).await.text, "1\n");
    assert_eq!(
        read(server.get(&[("query", "SELECT 1")]).header("host", "evil.example")).await.code,
        Some(497)
    );
}

#[tokio::test]
async fn get_only_reads() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    server.sql("CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a").await;
    for sql in [
        "INSERT INTO t VALUES (1)",
        "INSERT INTO t SELECT 1",
        "DROP TABLE t",
        "/* SELECT */ ALTER TABLE t DELETE WHERE 1",
        "CREATE TEMPORARY TABLE x (a Int8)",
    ] {
        let answer = read(server.get(&[("query", sql)])).await;
        assert_eq!((answer.status, answer.code), (403, Some(164)), "{sql}");
        let in_session = read(server.get(&[("query", sql), ("session_id", "s")])).await;
        assert_eq!(in_session.code, Some(164), "{sql}");
    }
    assert_eq!(read(server.get(&[("query", "SELECT count() FROM t")])).await.text, "0\n");
    let setting = [("query", "SELECT getSetting('max_threads')"), ("max_threads", "5")];
    assert_eq!(read(server.get(&setting)).await.text, "5\n");
}

#[tokio::test]
async fn errors_have_code_and_status() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    server.sql("CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a").await;
    for (sql, status, code) in [
        ("SELEC 1", 400, 62),
        ("", 400, 62),
        (" -- nothing", 400, 62),
        ("SELECT 1; SELECT 2", 400, 62),
        ("INSERT INTO t SELECT 1; DROP TABLE t", 400, 62),
        ("SELECT 'open", 400, 62),
        ("SELECT * FROM missing", 404, 60),
        ("SELECT * FROM missing.t", 404, 81),
        ("SELECT nofunction(1)", 404, 46),
        ("SELECT nocolumn FROM t", 404, 47),
        ("INSERT INTO t FORMAT CSV x", 400, 117),
        (
            "SELECT sleepEachRow(0.1) FROM numbers(30) SETTINGS max_execution_time = 0.3, max_block_size = 1",
            408,
            159,
        ),
    ] {
        let answer = server.try_sql(&[], sql).await;
        assert_eq!((answer.status, answer.code), (status, Some(code)), "{sql}: {}", answer.text);
        assert!(answer.text.starts_with(&format!("Code: {code}. DB::Exception: ")), "{}", answer.text);
        assert!(answer.text.contains("(version "), "{}", answer.text);
    }
    assert_eq!(server.try_sql(&[("no_such_setting", "1")], "SELECT 1").await.code, Some(115));
    assert_eq!(server.try_sql(&[("bad name", "1")], "SELECT 1").await.code, Some(115));
}

#[tokio::test]
async fn formats_databases_and_headers() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let response = server
        .post(&[("query_id", "my-id"), ("default_format", "JSONEachRow"), ("database", "system")])
        .body("SELECT currentDatabase() AS db, count() > 0 AS any FROM tables")
        .send()
        .await
        .unwrap();
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("x-clickhouse-query-id"), "my-id");
    assert_eq!(header("x-clickhouse-format"), "JSONEachRow");
    assert_eq!(header("content-type"), "application/x-ndjson; charset=UTF-8");
    assert!(
        header("x-clickhouse-summary").contains("\"result_rows\":\"1\""),
        "{}",
        header("x-clickhouse-summary")
    );
    assert_eq!(response.text().await.unwrap(), "{\"db\":\"system\",\"any\":1}\n");
    let by_header =
        server.post(&[]).header("x-clickhouse-format", "CSV").header("x-clickhouse-database", "system");
    assert_eq!(read(by_header.body("SELECT currentDatabase()")).await.text, "\"system\"\n");
    let json = server.sql("SELECT 1 AS x FORMAT JSONCompact SETTINGS max_threads = 1").await;
    assert!(json.contains("\"data\":") && json.contains("[1]"), "{json}");
    let head = server.get(&[("query", "SELECT 1")]).build().map(|mut r| {
        *r.method_mut() = reqwest::Method::HEAD;
        r
    });
    assert_eq!(reqwest::Client::new().execute(head.unwrap()).await.unwrap().status(), 200);
}

#[tokio::test]
async fn inserts_in_every_way() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    server.sql("CREATE TABLE t (a UInt64, s String) ENGINE = MergeTree ORDER BY a").await;
    server.sql("INSERT INTO t VALUES (1, 'a;b'), (2, 'c''d -- e');").await;
    server.sql("INSERT INTO t (s, a) FORMAT CSV\n\"x;\ny\",3\n").await;
    server.sql("/* FORMAT CSV */ INSERT INTO t SELECT 4, 'VALUES'").await;
    server.sql("INSERT INTO t FORMAT JSONEachRow {\"a\": 5, \"s\": \"five\"}").await;
    let split =
        server.try_sql(&[("query", "INSERT INTO t FORMAT TSV SETTINGS max_threads = 1")], "6\tsix\n").await;
    assert_eq!(split.status, 200, "{}", split.text);
    let values = server.try_sql(&[("query", "INSERT INTO t VALUES")], "(7, 'seven')").await;
    assert_eq!(values.status, 200, "{}", values.text);
    let bound = server.try_sql(
        &[("param_a", "8"), ("param_t", "t")],
        "INSERT INTO {t:Identifier} VALUES ({a:UInt64}, 'x')",
    );
    assert_eq!(bound.await.status, 200);
    let rows = server.sql("SELECT a, s FROM t ORDER BY a").await;
    assert_eq!(rows, "1\ta;b\n2\tc\\'d -- e\n3\tx;\\ny\n4\tVALUES\n5\tfive\n6\tsix\n7\tseven\n8\tx\n");
    let missing = server.try_sql(&[], "INSERT INTO missing FORMAT CSV 1").await;
    assert_eq!(missing.code, Some(60));
}

#[tokio::test]
async fn forms_bind_parameters_and_refuse_tables() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let form =
        reqwest::multipart::Form::new().text("query", "SELECT {a:UInt8} + {b:UInt8}").text("param_a", "2");
    assert_eq!(read(server.post(&[("param_b", "3")]).multipart(form)).await.text, "5\n");
    let table = reqwest::multipart::Form::new().text("query", "SELECT * FROM x").text("x", "1");
    let answer = read(server.post(&[]).multipart(table)).await;
    assert_eq!((answer.status, answer.code), (501, Some(48)));
}

#[tokio::test]
async fn takes_large_sql_and_keeps_limits() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start_with(dir.path(), &[("WEEKAHEAD_ENGINE_MAX_CONCURRENT_QUERIES", "2")]);
    let text = "x".repeat(5_000_000);
    assert_eq!(server.sql(&format!("SELECT length('{text}')")).await, "5000000\n");
    let slow = || server.try_sql(&[("query_id", "same")], "SELECT sleep(3)");
    let again = async {
        tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
        server.try_sql(&[("query_id", "same")], "SELECT 1").await
    };
    let (first, second) = tokio::join!(slow(), again);
    assert_eq!((first.status, second.code), (200, Some(216)));
    let (a, b, c) =
        tokio::join!(server.try_sql(&[], "SELECT sleep(3)"), server.try_sql(&[], "SELECT sleep(3)"), async {
            tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
            server.try_sql(&[], "SELECT 1").await
        });
    assert_eq!((a.status, b.status), (200, 200));
    assert_eq!((c.status, c.code), (503, Some(202)));
}

#[tokio::test]
async fn compresses_both_ways() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    server.sql("CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a").await;
    let select = "SELECT number FROM numbers(100000)";
    let blocks = server.post(&[("compress", "1"), ("default_format", "RowBinary")]).body(select);
    let blocks = blocks.send().await.unwrap().bytes().await.unwrap();
    assert_eq!(blocks[16], 0x82);
    let insert = [("query", "INSERT INTO t FORMAT RowBinary"), ("decompress", "1")];
    assert_eq!(read(server.post(&insert).body(blocks.clone())).await.status, 200);
    assert_eq!(server.sql("SELECT count(), sum(a) FROM t").await, "100000\t4999950000\n");
    let mut damaged = blocks.to_vec();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    let answer = read(server.post(&insert).body(damaged)).await;
    assert_eq!((answer.status, answer.code), (400, Some(40)));
    assert_eq!(read(server.post(&insert).body(blocks.slice(..blocks.len() - 3))).await.code, Some(271));
    let unknown =
        server.post(&[("query", "INSERT INTO t FORMAT CSV")]).header("content-encoding", "br").body("x");
    assert_eq!(read(unknown).await.code, Some(89));
    for encoding in ["gzip", "deflate", "lz4", "zstd"] {
        let packed = server.post(&[]).header("accept-encoding", encoding).body(select).send().await.unwrap();
        if encoding == "gzip" {
            // reqwest itself unpacks this one.
            assert_eq!(packed.text().await.unwrap().lines().count(), 100_000);
            continue;
        }
        assert_eq!(packed.headers()["content-encoding"], encoding);
        let body = packed.bytes().await.unwrap();
        server.sql("TRUNCATE TABLE t").await;
        let insert =
            server.post(&[("query", "INSERT INTO t FORMAT TSV")]).header("content-encoding", encoding);
        assert_eq!(read(insert.body(body)).await.status, 200, "{encoding}");
        assert_eq!(server.sql("SELECT count() FROM t").await, "100000\n", "{encoding}");
    }
    let plain =
        server.post(&[("enable_http_compression", "0")]).header("accept-encoding", "zstd").body(select);
    assert!(plain.send().await.unwrap().headers().get("content-encoding").is_none());
}

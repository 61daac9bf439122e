//! What SQL may reach, over HTTP: the guard, and the engine's grants behind it.

use crate::server::Server;

/// Table functions that stay inside the data directory, or take a call that is judged by itself.
const INSIDE: &[&str] = &[
    "SQLStandardValues",
    "cluster",
    "clusterAllReplicas",
    "dictionary",
    "format",
    "fuzzJSON",
    "fuzzQuery",
    "generateRandom",
    "generateSeries",
    "generate_series",
    "input",
    "loop",
    "merge",
    "mergeTreeAnalyzeIndexes",
    "mergeTreeAnalyzeIndexesUUID",
    "mergeTreeIndex",
    "mergeTreeProjection",
    "mergeTreeTextIndex",
    "null",
    "numbers",
    "numbers_mt",
    "primes",
    "prometheusQuery",
    "prometheusQueryRange",
    "timeSeriesData",
    "timeSeriesMetrics",
    "timeSeriesSamples",
    "timeSeriesSelector",
    "timeSeriesTags",
    "values",
    "view",
    "viewExplain",
    "viewIfPermitted",
    "zeros",
    "zeros_mt",
];

/// Engines likewise; Kafka is allowed on purpose.
const INSIDE_ENGINES: &[&str] = &[
    "Alias",
    "Atomic",
    "Buffer",
    "Dictionary",
    "Distributed",
    "EmbeddedRocksDB",
    "FuzzJSON",
    "FuzzQuery",
    "GenerateRandom",
    "Join",
    "Kafka",
    "KeeperMap",
    "Log",
    "Loop",
    "MaterializedView",
    "Memory",
    "Merge",
    "Null",
    "Ordinary",
    "Replicated",
    "Set",
    "StripeLog",
    "TimeSeries",
    "TinyLog",
    "View",
    "WindowView",
];

#[tokio::test]
async fn every_source_of_the_engine_is_judged() {
    let dir = tempfile::tempdir().unwrap();
    let prefix = [("WEEKAHEAD_ENGINE_ALLOWED_S3_PREFIXES", "http://127.0.0.1:1/lake/")];
    let server = Server::start_with(dir.path(), &prefix);
    for name in server.sql("SELECT name FROM system.table_functions").await.lines() {
        if !INSIDE.contains(&name) {
            let sql = format!("SELECT * FROM {name}('http://evil.example/x', 'http://evil.example/x')");
            assert_eq!(server.try_sql(&[], &sql).await.code, Some(497), "{sql}");
        }
    }
    let engines =
        "SELECT name FROM system.table_engines UNION DISTINCT SELECT name FROM system.database_engines";
    for name in server.sql(engines).await.lines() {
        if !INSIDE_ENGINES.contains(&name) && !name.ends_with("MergeTree") {
            let sql = format!("CREATE TABLE t (a Int8) ENGINE = {name}('http://evil.example/x')");
            assert_eq!(server.try_sql(&[], &sql).await.code, Some(497), "{sql}");
        }
    }
}

#[tokio::test]
async fn files_stay_closed() {
    let dir = tempfile::tempdir().unwrap();
    let secret = dir.path().join("secret.csv");
    std::fs::write(&secret, "a,b\nsecret,2\n").unwrap();
    let server = Server::start(&dir.path().join("data"));
    let path = secret.display();
    for sql in [
        format!("SELECT * FROM file('{path}')"),
        format!("SELECT file('{path}')"),
        format!("SELECT * FROM '{path}'"),
        format!("SELECT * FROM \"{path}\""),
        format!("SELECT * FROM default.`{path}`"),
        format!("INSERT INTO \"{path}\" VALUES (1, 2)"),
        format!("SELECT 1 INTO OUTFILE '{path}2'"),
        format!("INSERT INTO FUNCTION file('{path}2') SELECT 1"),
        format!("CREATE TABLE t (a String) ENGINE = File(CSV, '{path}')"),
        "SYSTEM SHUTDOWN".to_owned(),
    ] {
        let answer = server.try_sql(&[], &sql).await;
        assert!(answer.status >= 400 && !answer.text.contains("secret,2"), "{sql}: {}", answer.text);
    }
    let named = server.try_sql(&[("param_t", &path.to_string())], "SELECT * FROM {t:Identifier}").await;
    assert_eq!(named.code, Some(497), "{}", named.text);
    assert!(!dir.path().join("secret.csv2").exists());
    assert_eq!(std::fs::read_to_string(&secret).unwrap(), "a,b\nsecret,2\n");
}

#[tokio::test]
async fn settings_cannot_reach_what_sql_may_not() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let target = dir.path().join("evil.proto");
    let attempts = [
        format!("SELECT 1 AS a FORMAT Protobuf SETTINGS output_format_schema = '{}'", target.display()),
        "SELECT 1 AS a FORMAT Protobuf SETTINGS format_schema = '/etc/x.proto:M'".to_owned(),
        "SELECT 1 SETTINGS additional_table_filters = {'system.one': 'dummy = 1'}".to_owned(),
        "SET format_avro_schema_registry_url = 'http://127.0.0.1:1/'".to_owned(),
    ];
    for sql in attempts {
        let answer = server.try_sql(&[], &sql).await;
        assert_eq!(answer.code, Some(452), "{sql}: {}", answer.text);
    }
    assert!(!target.exists());
    let by_url = server.try_sql(&[("output_format_schema", "/tmp/evil.proto")], "SELECT 1").await;
    assert_eq!(by_url.code, Some(452), "{}", by_url.text);
}

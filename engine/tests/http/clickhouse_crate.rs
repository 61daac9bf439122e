//! The Rust `clickhouse` crate, unchanged.

use clickhouse::{Client, Compression, Row};
use serde::{Deserialize, Serialize};

use crate::server::{PASSWORD, Server};

#[derive(Clone, Debug, PartialEq, Row, Serialize, Deserialize)]
struct Quote {
    id: u64,
    symbol: String,
    close: f64,
    levels: Vec<f64>,
    note: Option<String>,
}

fn quote(id: u64) -> Quote {
    let note = id.is_multiple_of(3).then(|| format!("'note' \\ {id}"));
    Quote { id, symbol: format!("S{}", id % 7), close: id as f64 / 3.0, levels: vec![0.1, 0.9], note }
}

fn client(server: &Server, compression: Compression) -> Client {
    Client::default()
        .with_url(server.url())
        .with_user("default")
        .with_password(PASSWORD)
        .with_compression(compression)
}

#[tokio::test]
async fn inserts_and_reads_back() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    client(&server, Compression::None).query("CREATE DATABASE market").execute().await.unwrap();
    for compression in [Compression::None, Compression::Lz4] {
        let client = client(&server, compression).with_database("market");
        client
            .query(
                "CREATE OR REPLACE TABLE quotes (id UInt64, symbol LowCardinality(String), close Float64, \
            levels Array(Float64), note Nullable(String)) ENGINE = MergeTree ORDER BY id",
            )
            .execute()
            .await
            .unwrap();
        let mut insert = client.insert::<Quote>("quotes").await.unwrap();
        for id in 0..200_000 {
            insert.write(&quote(id)).await.unwrap();
        }
        insert.end().await.unwrap();
        let rows = client.query("SELECT ?fields FROM quotes ORDER BY id").fetch_all::<Quote>().await.unwrap();
        assert_eq!(rows.len(), 200_000);
        assert!(rows.iter().zip(0..).all(|(row, id)| *row == quote(id)));
        let none =
            client.query("SELECT ?fields FROM quotes WHERE id < 0").fetch_all::<Quote>().await.unwrap();
        assert_eq!(none, []);
    }
}

#[tokio::test]
async fn binds_parameters_and_settings() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let client = client(&server, Compression::Lz4);
    let bound = client.query("SELECT ? || 'x'").bind("it's").fetch_one::<String>().await.unwrap();
    assert_eq!(bound, "it'sx");
    let named = client
        .query("SELECT {name: String} || toString({n: UInt8})")
        .param("name", "a\tb'c\\d")
        .param("n", 7)
        .fetch_one::<String>()
        .await
        .unwrap();
    assert_eq!(named, "a\tb'c\\d7");
    let threads = client
        .query("SELECT toString(getSetting('max_threads'))")
        .with_setting("max_threads", "3")
        .fetch_one::<String>()
        .await
        .unwrap();
    assert_eq!(threads, "3");
}

#[tokio::test]
async fn errors_arrive_as_errors() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let client = client(&server, Compression::Lz4);
    let missing = client.query("SELECT * FROM missing").fetch_all::<u64>().await.unwrap_err();
    assert!(missing.to_string().contains("Code: 60."), "{missing}");
    let mut late = client
        .query("SELECT number + throwIf(number = 3000000, 'late') FROM numbers(4000000) SETTINGS max_threads = 1")
        .fetch::<u64>()
        .unwrap();
    let mut rows = 0;
    let error = loop {
        match late.next().await {
            Ok(Some(_)) => rows += 1,
            Ok(None) => panic!("an incomplete result looked complete"),
            Err(error) => break error,
        }
    };
    assert!(rows > 1_000_000, "{rows}");
    assert!(error.to_string().contains("late"), "{error}");
    let insert =
        client.insert::<Quote>("missing").await.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(insert.contains("missing"), "{insert}");
}

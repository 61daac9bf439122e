//! The crate used in process, as the `weekahead` binary does.

use weekahead_engine::{EngineConfig, Error, serve};

use crate::server::repository_file;

fn config(data_dir: &std::path::Path) -> EngineConfig {
    EngineConfig {
        data_dir: data_dir.to_owned(),
        addr: ([127, 0, 0, 1], 0).into(),
        libchdb: repository_file("WEEKAHEAD_LIBCHDB", ".deps/chdb/libchdb.so"),
        ..EngineConfig::default()
    }
}

#[tokio::test]
async fn opens_one_directory_at_a_time() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for dir in [&first, &second, &first] {
        let engine = serve(config(dir.path())).await.unwrap();
        let url = format!("http://{}/", engine.local_addr());
        let client = clickhouse::Client::default().with_url(&url);
        client
            .query("CREATE TABLE IF NOT EXISTS t (a UInt64) ENGINE = MergeTree ORDER BY a")
            .execute()
            .await
            .unwrap();
        client.query("INSERT INTO t VALUES (1)").execute().await.unwrap();
        let again = serve(config(second.path())).await.err().unwrap();
        assert!(matches!(again, Error::AlreadyOpen { .. }), "{again}");
        engine.shutdown().await;
        assert!(client.query("SELECT 1").execute().await.is_err());
    }
    let engine = serve(config(first.path())).await.unwrap();
    let client = clickhouse::Client::default().with_url(format!("http://{}/", engine.local_addr()));
    assert_eq!(client.query("SELECT count() FROM t").fetch_one::<u64>().await.unwrap(), 2);
    engine.shutdown().await;
}

#[tokio::test]
async fn refuses_what_it_cannot_serve() {
    let dir = tempfile::tempdir().unwrap();
    let open = EngineConfig { addr: ([0, 0, 0, 0], 0).into(), ..config(dir.path()) };
    assert!(matches!(serve(open).await.err(), Some(Error::NotLoopback { .. })));
    let missing = EngineConfig { libchdb: "/nowhere/libchdb.so".into(), ..config(dir.path()) };
    assert!(matches!(serve(missing).await.err(), Some(Error::Library { .. })));
}

//! An engine of its own for each test, with the schema in place.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use weekahead_engine::{EngineConfig, EngineHandle};
use weekahead_market::{AsOf, Session, Symbol};
use weekahead_warehouse::{BARS_TABLE, BarVersion, LakeLocation, Warehouse, WarehouseConfig};

/// A running engine over a directory of its own.
pub struct Engine {
    handle: EngineHandle,
    _data: tempfile::TempDir,
    pub config: WarehouseConfig,
}

impl Engine {
    pub async fn start(password: &str) -> Self {
        let data = tempfile::tempdir().unwrap();
        let engine = EngineConfig {
            data_dir: data.path().join("warehouse"),
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            libchdb: libchdb(),
            password: (!password.is_empty()).then(|| password.to_owned()),
            allowed_s3_prefixes: vec!["http://127.0.0.1:9/".to_owned()],
            ..EngineConfig::default()
        };
        let handle = weekahead_engine::serve(engine).await.unwrap();
        let config = WarehouseConfig {
            url: format!("http://{}", handle.local_addr()),
            password: password.to_owned(),
            ..WarehouseConfig::default()
        };
        Self { handle, _data: data, config }
    }

    pub fn open(&self) -> Warehouse {
        Warehouse::new(&self.config).unwrap()
    }

    /// Ends the engine: a process that leaves while it runs may crash on its way out.
    pub async fn stop(self) {
        self.handle.shutdown().await;
    }
}

/// The engine's library, which `make test` puts in place.
fn libchdb() -> PathBuf {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.deps/chdb/libchdb.so");
    let path = std::env::var_os("WEEKAHEAD_LIBCHDB").map_or(checkout, PathBuf::from);
    assert!(path.exists(), "{} is missing: run `make test`, or set WEEKAHEAD_LIBCHDB", path.display());
    path
}

/// An engine with our schema and an empty `marts.bars`.
pub async fn migrated() -> (Engine, Warehouse) {
    let engine = Engine::start("").await;
    let warehouse = engine.open();
    warehouse.migrate(&lake()).await.unwrap();
    warehouse.execute(BARS_TABLE).await.unwrap();
    (engine, warehouse)
}

pub fn lake() -> LakeLocation {
    LakeLocation {
        url: "http://127.0.0.1:9/lake/".to_owned(),
        access_key_id: Some("key".to_owned()),
        secret_access_key: Some("it's a secret".to_owned()),
    }
}

pub fn symbol(text: &str) -> Symbol {
    Symbol::new(text).unwrap()
}

pub fn session(text: &str) -> Session {
    text.parse().unwrap()
}

pub fn as_of(text: &str) -> AsOf {
    text.parse().unwrap()
}

pub fn micros(text: &str) -> i64 {
    as_of(text).as_microsecond()
}

/// A bar that closed at 21:00 UTC of its session and was known at `known`.
pub fn bar(name: &str, day: &str, close: f64, known: &str, version: u32) -> BarVersion {
    BarVersion {
        symbol: name.to_owned(),
        session: session(day).days_since_epoch(),
        open: close,
        high: close,
        low: close,
        close,
        volume: 1_000.0,
        dividend: 0.0,
        split: 1.0,
        currency: "USD".to_owned(),
        source: "test".to_owned(),
        event_time: micros(&format!("{day}T21:00:00Z")),
        knowledge_time: micros(known),
        ingested_at: micros("2013-02-01T00:00:00Z"),
        content_hash: close.to_bits(),
        load_id: format!("load-{version}"),
        version,
    }
}

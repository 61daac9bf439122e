//! An engine of its own for each test, and the clients that talk to it: what every test against the real engine stands on.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use weekahead_engine::{EngineConfig, EngineHandle};
use weekahead_warehouse::{BARS_TABLE, LakeLocation, Warehouse, WarehouseConfig};

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

/// An engine with our schema and an empty `marts.bars`.
pub async fn migrated() -> (Engine, Warehouse) {
    let engine = Engine::start("").await;
    let warehouse = engine.open();
    warehouse.migrate(&lake()).await.unwrap();
    warehouse.execute(BARS_TABLE).await.unwrap();
    (engine, warehouse)
}

/// A lake where nobody answers.
pub fn lake() -> LakeLocation {
    LakeLocation {
        url: "http://127.0.0.1:9/lake/".to_owned(),
        access_key_id: Some("key".to_owned()),
        secret_access_key: Some("it's a secret".to_owned()),
    }
}

/// The engine's library, which `make test` puts in place.
fn libchdb() -> PathBuf {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.deps/chdb/libchdb.so");
    let path = std::env::var_os("WEEKAHEAD_LIBCHDB").map_or(checkout, PathBuf::from);
    assert!(path.exists(), "{} is missing: run `make test`, or set WEEKAHEAD_LIBCHDB", path.display());
    path
}

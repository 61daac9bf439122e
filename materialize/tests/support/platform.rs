//! A warehouse over an engine of its own, with the schema in place: what every test against the real engine stands on.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use weekahead_engine::{EngineConfig, EngineHandle};
use weekahead_warehouse::{BARS_TABLE, LakeLocation, Warehouse, WarehouseConfig};

/// An engine over a directory of its own, and the client that talks to it.
pub struct Platform {
    handle: EngineHandle,
    _data: tempfile::TempDir,
    pub warehouse: Warehouse,
}

impl Platform {
    pub async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let engine = EngineConfig {
            data_dir: data.path().join("warehouse"),
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            libchdb: libchdb(),
            allowed_s3_prefixes: vec!["http://127.0.0.1:9/".to_owned()],
            ..EngineConfig::default()
        };
        let handle = weekahead_engine::serve(engine).await.unwrap();
        let url = format!("http://{}", handle.local_addr());
        let warehouse = Warehouse::new(&WarehouseConfig { url, ..WarehouseConfig::default() }).unwrap();
        let lake = LakeLocation {
            url: "http://127.0.0.1:9/lake/".to_owned(),
            access_key_id: Some("key".to_owned()),
            secret_access_key: Some("secret".to_owned()),
        };
        warehouse.migrate(&lake).await.unwrap();
        warehouse.execute(BARS_TABLE).await.unwrap();
        Self { handle, _data: data, warehouse }
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

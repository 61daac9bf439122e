//! An engine of the test's own, with bars and features in it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use weekahead_engine::{EngineConfig, EngineHandle};
use weekahead_features::{View, compute_panel};
use weekahead_market::{AsOf, Panel, Symbol};
use weekahead_materialize::{CompareReport, compare_view};
use weekahead_warehouse::{BARS_TABLE, BarVersion, FeatureRow, LakeLocation, Warehouse, WarehouseConfig};

/// Long after every bar.
const AS_OF: &str = "2030-01-01";

/// A warehouse on an engine over a directory of its own.
pub struct Platform {
    engine: EngineHandle,
    _data: tempfile::TempDir,
    warehouse: Warehouse,
}

impl Platform {
    pub async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let config = EngineConfig {
            data_dir: data.path().join("warehouse"),
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            libchdb: libchdb(),
            allowed_s3_prefixes: vec!["http://127.0.0.1:9/".to_owned()],
            ..EngineConfig::default()
        };
        let engine = weekahead_engine::serve(config).await.unwrap();
        let url = format!("http://{}", engine.local_addr());
        let warehouse = Warehouse::new(&WarehouseConfig { url, ..WarehouseConfig::default() }).unwrap();
        let lake = LakeLocation {
            url: "http://127.0.0.1:9/lake/".to_owned(),
            access_key_id: Some("key".to_owned()),
            secret_access_key: Some("secret".to_owned()),
        };
        warehouse.migrate(&lake).await.unwrap();
        warehouse.execute(BARS_TABLE).await.unwrap();
        Self { engine, _data: data, warehouse }
    }

    /// Ends the engine: a process that leaves while it runs may crash on its way out.
    pub async fn stop(self) {
        self.engine.shutdown().await;
    }

    /// The panel's bars instead of those that were there.
    pub async fn put(&self, panel: &Panel) {
        self.warehouse.execute("TRUNCATE TABLE marts.bars").await.unwrap();
        let bars: Vec<BarVersion> = panel
            .symbols()
            .flat_map(|symbol| (0..panel.get(symbol).unwrap().len()).map(|row| bar(panel, symbol, row)))
            .collect();
        self.warehouse.write_bars(&bars).await.unwrap();
    }

    /// Another version of a bar, a year later and half a percent higher.
    pub async fn restate(&self, panel: &Panel, symbol: &Symbol, row: usize) {
        let mut bar = bar(panel, symbol, row);
        bar.close *= 1.005;
        bar.version = 2;
        bar.knowledge_time += 365 * 86_400_000_000;
        self.warehouse.write_bars(&[bar]).await.unwrap();
    }

    /// The view's features by the kernels, instead of those that were there.
    pub async fn build(&self, view: &View, panel: &Panel) {
        let table = format!("DROP TABLE IF EXISTS features.{}", view.name());
        self.warehouse.execute(&table).await.unwrap();
        self.warehouse.create_feature_table(view.name(), view.features()).await.unwrap();
        let rows: Vec<FeatureRow> = compute_panel(view, panel)
            .into_iter()
            .flat_map(|(symbol, matrix)| {
                (0..matrix.len())
                    .map(move |row| FeatureRow {
                        symbol: symbol.clone(),
                        session: matrix.sessions[row],
                        knowledge_time: matrix.knowledge_times[row],
                        values: matrix.row(row).unwrap(),
                    })
                    .collect::<Vec<_>>()
            })
            .collect();
        let at = as_of().instant();
        self.warehouse.write_features(view.name(), view.version(), view.features(), at, rows).await.unwrap();
    }

    pub async fn compare(
        &self,
        view: &View,
        panel: &Panel,
        only: Option<&[Symbol]>,
        rtol: f64,
    ) -> CompareReport {
        let universe: Vec<Symbol> = panel.symbols().cloned().collect();
        compare_view(&self.warehouse, view, &universe, only, as_of(), rtol, |_, _| {}).await.unwrap()
    }
}

fn as_of() -> AsOf {
    AS_OF.parse().unwrap()
}

/// A row of the panel as dbt would have made it.
fn bar(panel: &Panel, symbol: &Symbol, row: usize) -> BarVersion {
    let series = panel.get(symbol).unwrap();
    let (bar, action) = (series.bars()[row], series.actions()[row]);
    let known = series.knowledge_times()[row];
    BarVersion {
        symbol: symbol.to_string(),
        session: series.sessions()[row].days_since_epoch(),
        open: bar.open,
        high: bar.high,
        low: bar.low,
        close: bar.close,
        volume: bar.volume,
        dividend: action.dividend,
        split: action.split,
        currency: "USD".to_owned(),
        source: "test".to_owned(),
        event_time: known,
        knowledge_time: known,
        ingested_at: known,
        content_hash: bar.close.to_bits(),
        load_id: "load".to_owned(),
        version: 1,
    }
}

/// The engine's library, which `make test` puts in place.
fn libchdb() -> PathBuf {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.deps/chdb/libchdb.so");
    let path = std::env::var_os("WEEKAHEAD_LIBCHDB").map_or(checkout, PathBuf::from);
    assert!(path.exists(), "{} is missing: run `make test`, or set WEEKAHEAD_LIBCHDB", path.display());
    path
}

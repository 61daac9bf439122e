//! An engine of the test's own, with bars and features in it.

#[path = "../support/bar_version.rs"]
mod bar_version;
#[path = "../support/platform.rs"]
mod platform;

use bar_version::first_version;
pub use platform::Platform;
use weekahead_features::{View, compute_panel};
use weekahead_market::{AsOf, Panel, Symbol};
use weekahead_materialize::{CompareReport, compare_view};
use weekahead_warehouse::{BarVersion, FeatureRow};

/// Long after every bar.
const AS_OF: &str = "2030-01-01";

impl Platform {
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
    let (day, known) = (series.sessions()[row].days_since_epoch(), series.knowledge_times()[row]);
    first_version(symbol.as_str(), day, bar, action, known, known)
}

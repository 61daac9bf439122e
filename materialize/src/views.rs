//! Feature views: bars as of an instant, folded, and what is new written down.

use jiff::Timestamp;
use weekahead_features::{FeatureMatrix, View, compute_panel};
use weekahead_market::{AsOf, Panel, Symbol};
use weekahead_warehouse::{FeatureRow, FeatureRows, SessionRange, Warehouse};

use crate::{Error, Result};

/// Symbols computed at once: bounds memory to their history, keeps all cores busy.
const GROUP_SYMBOLS: usize = 256;

/// What a build did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BuildReport {
    /// Symbols with at least one bar.
    pub symbols: usize,
    /// Rows that follow from the bars.
    pub rows: usize,
    /// Rows that were not there yet.
    pub written: usize,
}

/// Brings the view's table up to what is known at `as_of`, for the symbols given, and says what was new.
///
/// A restated bar gives the sessions whose windows reach it a later knowledge time, hence new rows. An older bar that
/// arrives late was knowable all along: rows whose values it changes are written again under the same key, and replace
/// those before. All others are left alone.
///
/// # Errors
/// Errors of the warehouse; the rows of groups before the failing one are written.
pub async fn build_view(
    warehouse: &Warehouse,
    view: &View,
    symbols: &[Symbol],
    as_of: AsOf,
    written_at: Timestamp,
    mut progress: impl FnMut(usize, usize),
) -> Result<BuildReport> {
    let names = view.features().to_vec();
    warehouse.create_feature_table(view.name(), &names).await?;
    let mut report = BuildReport::default();
    for (index, symbols_of_group) in symbols.chunks(GROUP_SYMBOLS).enumerate() {
        progress(index * GROUP_SYMBOLS, symbols.len());
        let bars = warehouse.bars(as_of, Some(symbols_of_group), None).await?;
        let group = Some(symbols_of_group);
        let range = SessionRange::ALL;
        let known = warehouse.features(as_of, view.name(), view.version(), &names, group, range).await?;
        report.symbols += bars.len();
        report.rows += bars.rows();
        let rows = new_rows(view, bars, known).await?;
        report.written +=
            warehouse.write_features(view.name(), view.version(), &names, written_at, rows).await?;
    }
    progress(symbols.len(), symbols.len());
    Ok(report)
}

/// Computes on a thread of its own: kernels would hold up the runtime.
async fn new_rows(view: &View, bars: Panel, known: FeatureRows) -> Result<Vec<FeatureRow>> {
    let (name, view) = (view.name().to_owned(), view.clone());
    let computed = tokio::task::spawn_blocking(move || {
        let panel = compute_panel(&view, &bars);
        panel.iter().flat_map(|(symbol, matrix)| rows_of(symbol, matrix, &known)).collect()
    });
    computed.await.map_err(|_| Error::Interrupted { view: name })
}

fn rows_of(symbol: &Symbol, matrix: &FeatureMatrix, known: &FeatureRows) -> Vec<FeatureRow> {
    let computed = (0..matrix.len()).map(|row| FeatureRow {
        symbol: symbol.clone(),
        session: matrix.sessions[row],
        knowledge_time: matrix.knowledge_times[row],
        values: matrix.columns.iter().map(|column| column[row]).collect(),
    });
    computed.filter(|row| !is_stored(row, known)).collect()
}

/// Whether the newest stored row of the session is this one, bit for bit.
fn is_stored(row: &FeatureRow, known: &FeatureRows) -> bool {
    let Some(at) = known.position(&row.symbol, row.session) else { return false };
    let stored = known.row(at).unwrap_or_default().iter().map(|value| value.to_bits());
    known.knowledge_times[at] == row.knowledge_time
        && stored.eq(row.values.iter().map(|value| value.to_bits()))
}

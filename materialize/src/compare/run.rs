//! A view, recomputed in the warehouse and held against what is stored.

use weekahead_features::{View, sql};
use weekahead_market::{AsOf, Symbol};
use weekahead_warehouse::{FeatureRows, SessionRange, Warehouse};

use super::{FeatureComparison, Place};
use crate::Result;

/// Symbols recomputed at once: bounds what the warehouse sorts.
const GROUP_SYMBOLS: usize = 64;

/// What a comparison found.
#[derive(Debug, Clone, PartialEq)]
pub struct CompareReport {
    /// Rows that both sides have.
    pub rows: u64,
    /// Symbols with a row on either side.
    pub symbols: u64,
    /// Stored rows that do not follow from the bars.
    pub only_stored: u64,
    /// Rows that follow from the bars and are not stored.
    pub only_recomputed: u64,
    /// Rows that say they were known at another instant than follows from the bars.
    pub other_knowledge_time: u64,
    /// The features, worst first.
    pub features: Vec<FeatureComparison>,
}

impl CompareReport {
    /// Whether the two sides are the same, as far as rounding allows.
    pub fn is_equal(&self) -> bool {
        let whole_rows = self.only_stored + self.only_recomputed + self.other_knowledge_time;
        whole_rows == 0 && !self.features.iter().any(FeatureComparison::is_beyond_tolerance)
    }
}

/// Recomputes a view in the warehouse from the bars known at `as_of` and compares it with the newest stored rows known
/// then.
///
/// `universe` is the symbols that the view is about; functions over all symbols see all of them, even when `only` asks
/// for the rows of some. `rtol` is the relative tolerance. Rows stream: a few mebibytes are held at once.
///
/// # Errors
/// [`UnknownTable`](weekahead_warehouse::Error::UnknownTable) before the view was built; errors of the warehouse.
pub async fn compare_view(
    warehouse: &Warehouse,
    view: &View,
    universe: &[Symbol],
    only: Option<&[Symbol]>,
    as_of: AsOf,
    rtol: f64,
    mut progress: impl FnMut(usize, usize),
) -> Result<CompareReport> {
    let wanted = only.unwrap_or(universe);
    let groups: Vec<&[Symbol]> =
        if view.is_cross_sectional() { vec![universe] } else { wanted.chunks(GROUP_SYMBOLS).collect() };
    let mut comparison = Comparison::new(view, rtol);
    let mut done = 0;
    for group in groups {
        let select = |bars: &str| sql::select(view, bars);
        let mut stream = warehouse.recomputed_features(as_of, view.features(), Some(group), &select)?;
        let mut missing: Vec<Symbol> =
            group.iter().filter(|symbol| wanted.contains(symbol)).cloned().collect();
        while let Some(rows) = stream.next().await? {
            progress(done, wanted.len());
            let mut symbols = rows.symbols.clone();
            symbols.dedup();
            symbols.retain(|symbol| wanted.contains(symbol));
            missing.retain(|symbol| !symbols.contains(symbol));
            done += symbols.len();
            let stored = stored(warehouse, view, &symbols, as_of).await?;
            comparison.take(&stored, &rows, &symbols);
        }
        let stored = stored(warehouse, view, &missing, as_of).await?;
        comparison.take(&stored, &FeatureRows::default(), &missing);
    }
    progress(wanted.len(), wanted.len());
    Ok(comparison.finish())
}

async fn stored(warehouse: &Warehouse, view: &View, symbols: &[Symbol], as_of: AsOf) -> Result<FeatureRows> {
    let (names, range) = (view.features(), SessionRange::ALL);
    Ok(warehouse.features(as_of, view.name(), view.version(), names, Some(symbols), range).await?)
}

struct Comparison(CompareReport);

impl Comparison {
    fn new(view: &View, rtol: f64) -> Self {
        let features = view.features().iter().map(|name| FeatureComparison::new(name, rtol)).collect();
        Self(CompareReport {
            rows: 0,
            symbols: 0,
            only_stored: 0,
            only_recomputed: 0,
            other_knowledge_time: 0,
            features,
        })
    }

    /// Walks down both sides, which are in order of symbol and session, side by side.
    fn take(&mut self, stored: &FeatureRows, recomputed: &FeatureRows, wanted: &[Symbol]) {
        let report = &mut self.0;
        let (mut at, mut last) = (0, None);
        for row in 0..recomputed.len() {
            let key = (&recomputed.symbols[row], recomputed.sessions[row]);
            if wanted.binary_search(key.0).is_err() {
                continue;
            }
            report.symbols += u64::from(last.replace(key.0) != Some(key.0));
            while at < stored.len() && (&stored.symbols[at], stored.sessions[at]) < key {
                report.only_stored += 1;
                at += 1;
            }
            if at == stored.len() || (&stored.symbols[at], stored.sessions[at]) != key {
                report.only_recomputed += 1;
                continue;
            }
            report.rows += 1;
            report.other_knowledge_time +=
                u64::from(stored.knowledge_times[at] != recomputed.knowledge_times[row]);
            take_row(&mut report.features, (stored, at), (recomputed, row));
            at += 1;
        }
        report.only_stored += (stored.len() - at) as u64;
    }

    fn finish(self) -> CompareReport {
        let mut report = self.0;
        let badness = |feature: &FeatureComparison| {
            let relative = feature.relative.as_ref().map_or(0.0, |difference| difference.value);
            (feature.is_beyond_tolerance(), feature.only_stored + feature.only_recomputed, relative)
        };
        report.features.sort_by(|a, b| {
            let (a, b) = (badness(a), badness(b));
            b.0.cmp(&a.0).then(b.1.cmp(&a.1)).then(b.2.total_cmp(&a.2))
        });
        report
    }
}

fn take_row(features: &mut [FeatureComparison], stored: (&FeatureRows, usize), other: (&FeatureRows, usize)) {
    let (rows, at) = other;
    let pairs = stored.0.row(stored.1).into_iter().flatten().zip(rows.row(at).into_iter().flatten());
    for (feature, (stored, recomputed)) in features.iter_mut().zip(pairs) {
        let place = || Place { symbol: rows.symbols[at].clone(), session: rows.sessions[at] };
        feature.take(*stored, *recomputed, place);
    }
}

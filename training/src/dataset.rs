//! The rows a model may learn from: features as they were known at their origin, targets realised by `as_of`.

use std::collections::BTreeMap;

use ndarray::{Array1, Array2};
use sha2::{Digest, Sha256};
use weekahead_features::{Target, TradedSessions, View, targets};
use weekahead_market::{AsOf, Calendar, Horizon, Session, Symbol};
use weekahead_warehouse::{BarHistory, FeatureRows, SessionRange, Warehouse};

use crate::{CloseHistory, Error, Result};

/// Who and when a row is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowKey {
    /// The session the row's features stand on.
    pub origin: Session,
    /// The instrument.
    pub symbol: Symbol,
    /// The session in which the target was realised.
    pub realised: Session,
    /// When the target was known as it is, in microseconds since 1970-01-01 UTC. A fold trains on nothing that was known
    /// later.
    pub known_at: i64,
}

/// A design matrix with its targets, ordered by origin, then symbol.
///
/// # Shape
/// `x` is rows by features, in the view's order; `y` and `keys` have one entry a row.
///
/// # Units
/// `y` in log returns over `horizon` sessions.
///
/// # Missing values
/// NaN in `x` where a window was not full; none in `y`: a row without a realised target is no row. Nor is one of a symbol
/// that had no bar at the origin: the symbols of an origin are those that traded in it.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// The feature view's name.
    pub view: String,
    /// The version of the view's definitions.
    pub view_version: String,
    /// The features, in the order of the columns.
    pub features: Vec<String>,
    /// Sessions ahead.
    pub horizon: Horizon,
    /// Where the reader stood.
    pub as_of: AsOf,
    /// Who and when each row is about.
    pub keys: Vec<RowKey>,
    /// The features.
    pub x: Array2<f32>,
    /// The targets.
    pub y: Array1<f64>,
    /// The closes up to each origin, for models of one series at a time.
    pub closes: CloseHistory,
}

impl Dataset {
    /// Reads features and bars known at `as_of` and joins them point in time.
    ///
    /// Of each feature row the version counts that was known before the session after its origin opened: one computed
    /// anew from a later correction is knowledge that nobody had when the forecast was due.
    ///
    /// # Errors
    /// [`Error::NotBuilt`] before the view was built; [`Error::NoFeatures`] when this version of it was not; [`Error::NoRows`] when nothing is left; errors of the warehouse.
    pub async fn read(
        warehouse: &Warehouse,
        calendar: &Calendar,
        view: &View,
        symbols: &[Symbol],
        horizon: Horizon,
        as_of: AsOf,
    ) -> Result<Self> {
        let names = view.features().to_vec();
        let in_time = |session, known| deadline(calendar, session).is_some_and(|deadline| known <= deadline);
        let (name, version) = (view.name(), view.version());
        let rows = warehouse.features_known(
            as_of,
            name,
            version,
            &names,
            Some(symbols),
            SessionRange::ALL,
            &in_time,
        );
        let rows = rows.await.map_err(|error| match error {
            weekahead_warehouse::Error::UnknownTable { .. } => Error::NotBuilt { view: name.to_owned() },
            other => other.into(),
        })?;
        any(&rows, view, as_of)?;
        let histories = warehouse.bar_histories(as_of, symbols).await?;
        Self::join(&rows, &histories, calendar, view, horizon, as_of)
    }

    /// Joins features with the targets that follow from bars, both as they were known at `as_of`.
    ///
    /// A feature row that was not known before the session after its origin opened is left out, so `rows` holds of each
    /// symbol and session at most one that was.
    ///
    /// # Errors
    /// [`Error::NoRows`] when nothing is left; [`Error::Warehouse`] for bars out of order.
    pub fn join(
        rows: &FeatureRows,
        histories: &[BarHistory],
        calendar: &Calendar,
        view: &View,
        horizon: Horizon,
        as_of: AsOf,
    ) -> Result<Self> {
        let realised = realised_targets(histories, calendar, horizon, as_of)?;
        let closes = CloseHistory::new(calendar, histories);
        let mut joined = Vec::with_capacity(rows.len());
        for row in 0..rows.len() {
            let (symbol, origin) = (&rows.symbols[row], rows.sessions[row]);
            let target = realised.get(symbol).and_then(|of_symbol| of_symbol.get(&origin));
            let known = rows.knowledge_times[row];
            let in_time = closes.deadline(origin).is_some_and(|deadline| known <= deadline);
            let usable = in_time && is_warm(rows.row(row).unwrap_or_default());
            if let Some(target) = target.filter(|_| usable) {
                let (realised, known_at) = (target.realised_session, target.knowledge_time);
                joined.push((
                    RowKey { origin, symbol: symbol.clone(), realised, known_at },
                    row,
                    target.value,
                ));
            }
        }
        joined.sort_by(|a, b| (a.0.origin, &a.0.symbol).cmp(&(b.0.origin, &b.0.symbol)));
        let width = rows.names.len();
        let x = joined.iter().flat_map(|(_, row, _)| &rows.values[row * width..(row + 1) * width]).copied();
        let x = Array2::from_shape_vec((joined.len(), width), x.collect());
        let dataset = Self {
            view: view.name().to_owned(),
            view_version: view.version().to_owned(),
            features: rows.names.clone(),
            horizon,
            as_of,
            x: x.map_err(|_| Error::NoRows { view: view.name().to_owned(), as_of })?,
            y: joined.iter().map(|(_, _, value)| *value).collect(),
            keys: joined.into_iter().map(|(key, _, _)| key).collect(),
            closes,
        };
        if dataset.keys.is_empty() { Err(Error::NoRows { view: dataset.view, as_of }) } else { Ok(dataset) }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The distinct origins, increasing.
    pub fn origins(&self) -> Vec<Session> {
        let mut origins: Vec<_> = self.keys.iter().map(|key| key.origin).collect();
        origins.dedup();
        origins
    }

    /// The windows of closes up to the origins of some rows.
    ///
    /// # Shape
    /// `rows.len()` by `length`, a session of the exchange a column, the origin's last.
    ///
    /// # Units
    /// The origin's close is 100, prices chained over splits and dividends.
    ///
    /// # Missing values
    /// NaN on the left, where the history is shorter; see [`CloseHistory::window`].
    pub fn close_windows(&self, rows: &[usize], length: usize) -> Array2<f32> {
        let mut windows = Array2::from_elem((rows.len(), length), f32::NAN);
        for (mut window, row) in windows.outer_iter_mut().zip(rows) {
            let key = &self.keys[*row];
            let closes = self.closes.window(&key.symbol, key.origin, length);
            window.iter_mut().zip(closes).for_each(|(slot, close)| *slot = close as f32);
        }
        windows
    }

    /// A digest of keys, features, targets and closes: two data sets with the same digest are the same rows, bit for bit,
    /// and give the same folds. 32 hex digits, since MLflow allows 36.
    pub fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        hasher.update(self.view_version.as_bytes());
        for key in &self.keys {
            hasher.update(key.symbol.as_str().as_bytes());
            hasher.update(key.origin.days_since_epoch().to_le_bytes());
            hasher.update(key.realised.days_since_epoch().to_le_bytes());
            hasher.update(key.known_at.to_le_bytes());
        }
        self.x.iter().for_each(|value| hasher.update(value.to_bits().to_le_bytes()));
        self.y.iter().for_each(|value| hasher.update(value.to_bits().to_le_bytes()));
        if let Some(last) = self.keys.last() {
            self.closes.digest(last.origin, &mut hasher);
        }
        hasher.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// That this version of the view has rows at all.
fn any(rows: &FeatureRows, view: &View, as_of: AsOf) -> Result<()> {
    let (name, version) = (view.name().to_owned(), view.version().to_owned());
    match rows.is_empty() {
        true => Err(Error::NoFeatures { view: name, version, as_of }),
        false => Ok(()),
    }
}

/// The opening of the session after the origin, in microseconds: by then a week-ahead forecast has been made.
fn deadline(calendar: &Calendar, origin: Session) -> Option<i64> {
    let next = calendar.offset(origin, 1).ok()?;
    Some(calendar.open(next).ok()?.as_microsecond())
}

/// Whether at least half of the windows are full: before that a row is warm-up.
fn is_warm(values: &[f32]) -> bool {
    2 * values.iter().filter(|value| value.is_finite()).count() >= values.len()
}

/// The targets known at `as_of`, by symbol and origin.
fn realised_targets(
    histories: &[BarHistory],
    calendar: &Calendar,
    horizon: Horizon,
    as_of: AsOf,
) -> Result<BTreeMap<Symbol, BTreeMap<Session, Target>>> {
    let as_of = as_of.as_microsecond();
    let bars = histories.iter().flat_map(BarHistory::versions).map(|(session, .., known)| (session, known));
    let traded: TradedSessions = bars.filter(|(_, known)| *known <= as_of).collect();
    let of_symbol = |history: &BarHistory| {
        let realised = targets(&history.known_at(as_of)?, calendar, horizon, &traded);
        let by_origin = realised.into_iter().map(|target| (target.origin, target)).collect();
        Ok((history.symbol().clone(), by_origin))
    };
    histories.iter().map(of_symbol).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_without_rows_is_told() {
        let view = View::builtin("weekly_core").unwrap();
        let error =
            any(&FeatureRows::default(), &view, "2013-01-25".parse().unwrap()).unwrap_err().to_string();
        assert!(
            error.contains(view.version()) && error.contains("features build --view weekly_core"),
            "{error}"
        );
    }
}

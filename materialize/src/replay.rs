//! The rows that follow from the bars of a symbol: what each row was worth at each instant, as the bars were known then.

use std::collections::BTreeMap;

use weekahead_features::{FeatureMatrix, View, compute, compute_panel};
use weekahead_market::{BarSeries, Columns, Panel, Session, Symbol};
use weekahead_warehouse::{BarHistory, FeatureColumns};

use crate::Result;

/// Revisions that are replayed, at most, of one symbol in one build: each costs a computation of its whole history. Of
/// older ones the outcome alone is told, known since the last of them.
pub(crate) const MOST_REPLAYS: usize = 64;

/// Rows of a symbol, in order of session and knowledge time.
pub(crate) struct Implied {
    pub(crate) rows: FeatureColumns,
    /// From where on, in microseconds since 1970-01-01 UTC, the rows are all that there should be.
    pub(crate) whole_from: i64,
}

/// The rows that follow from histories that are computed together, symbol by symbol, as far as they can be known after
/// `after` and until `as_of` (microseconds since 1970-01-01 UTC).
///
/// A row is known since the last of the bars up to its session was. Where a revision changes it, one more row is known
/// since the revision; where it changes nothing, to the bit, none is. So what a reader sees never depends on what
/// was known later, and the rows do not depend on when, or how often, the view is built.
///
/// `newest` is the state of `as_of`, where it is computed already.
pub(crate) fn implied(
    view: &View,
    histories: &[BarHistory],
    newest: Option<State>,
    after: Option<i64>,
    as_of: i64,
) -> Result<Vec<Implied>> {
    let after = after.unwrap_or(i64::MIN);
    let mut revisions = BarHistory::revisions_of(histories);
    revisions.retain(|revision| *revision > after && *revision <= as_of);
    let skipped = revisions.len().saturating_sub(MOST_REPLAYS);
    revisions.drain(..skipped);
    let until = |index: usize| revisions.get(index).map_or(as_of, |revision| revision - 1);
    let mut state = match newest {
        Some(newest) if revisions.is_empty() => newest,
        _ => State::at(view, histories, until(0))?,
    };
    let whole_from = revisions.first().filter(|_| skipped > 0).copied().unwrap_or(i64::MIN);
    let all = |rows: FeatureColumns| Implied { rows, whole_from };
    if revisions.is_empty() {
        return Ok(state.into_columns(histories, after)?.into_iter().map(all).collect());
    }
    let mut rows = state.rows(after);
    for (index, revision) in revisions.iter().enumerate() {
        let next = State::at(view, histories, until(index + 1))?;
        for (symbol, rows) in rows.iter_mut().enumerate() {
            let (last, now) = (&state.matrices[symbol], &next.matrices[symbol]);
            for (row, change) in changes(last, now) {
                let known = if change == Change::Added { next.known[symbol][row] } else { *revision };
                rows.push(now, row, known);
            }
        }
        state = next;
    }
    Ok(columns(histories, rows)?.into_iter().map(all).collect())
}

fn columns(histories: &[BarHistory], rows: Vec<Rows>) -> Result<Vec<FeatureColumns>> {
    let columns = |(history, rows): (&BarHistory, Rows)| rows.sorted().columns(history.symbol());
    histories.iter().zip(rows).map(columns).collect()
}

/// The features of some symbols as they were known at an instant.
pub(crate) struct State {
    matrices: Vec<FeatureMatrix>,
    /// Per row, the latest knowledge time of the bars up to its session: prices are chained from the first one on.
    known: Vec<Vec<i64>>,
}

impl State {
    /// Computes it. Features over all symbols see those of the histories.
    fn at(view: &View, histories: &[BarHistory], until: i64) -> Result<Self> {
        let mut panel = Panel::new();
        for history in histories {
            *panel.entry(history.symbol()) = history.known_at(until)?;
        }
        let matrices = match histories {
            [_] => panel.iter().map(|(_, series)| compute(view, series)).collect(),
            _ => compute_panel(view, &panel).into_values().collect(),
        };
        let together = view.is_cross_sectional();
        let latest = latest_of_sessions(if together { panel.iter().collect() } else { Vec::new() });
        let known = panel.iter().map(|(_, series)| {
            let times = series.sessions().iter().zip(series.knowledge_times());
            running_latest(times.map(|(session, time)| latest.get(session).unwrap_or(time)))
        });
        Ok(Self { known: known.collect(), matrices })
    }

    /// The state of one symbol, from its newest bars and their features.
    pub(crate) fn of(series: &BarSeries, matrix: FeatureMatrix) -> Self {
        let known = running_latest(series.knowledge_times().iter());
        Self { matrices: vec![matrix], known: vec![known] }
    }

    /// The rows known after an instant.
    fn rows(&self, after: i64) -> Vec<Rows> {
        let of_symbol = |(matrix, known): (&FeatureMatrix, &Vec<i64>)| {
            let mut rows = Rows::new(matrix.columns.len());
            let fresh = (0..matrix.len()).filter(|row| known[*row] > after);
            fresh.for_each(|row| rows.push(matrix, row, known[row]));
            rows
        };
        self.matrices.iter().zip(&self.known).map(of_symbol).collect()
    }

    /// As [`rows`](Self::rows), without a copy where all of them are wanted.
    fn into_columns(self, histories: &[BarHistory], after: i64) -> Result<Vec<FeatureColumns>> {
        let all = |known: &Vec<i64>| known.first().is_none_or(|first| *first > after);
        if !self.known.iter().all(all) {
            return columns(histories, self.rows(after));
        }
        let of_symbol = |((history, matrix), known): ((&BarHistory, FeatureMatrix), Vec<i64>)| {
            let FeatureMatrix { sessions, columns, .. } = matrix;
            Ok(FeatureColumns::new(history.symbol().clone(), sessions, known, columns)?)
        };
        histories.iter().zip(self.matrices).zip(self.known).map(of_symbol).collect()
    }
}

/// Per session, the latest knowledge time of the bars of all symbols.
fn latest_of_sessions(panel: Vec<(&Symbol, &BarSeries)>) -> BTreeMap<Session, i64> {
    let mut latest = BTreeMap::new();
    for (_, series) in panel {
        for (session, time) in series.sessions().iter().zip(series.knowledge_times()) {
            let known = latest.entry(*session).or_insert(*time);
            *known = (*known).max(*time);
        }
    }
    latest
}

fn running_latest<'a>(times: impl Iterator<Item = &'a i64>) -> Vec<i64> {
    let latest = |last: &mut i64, time: &i64| {
        *last = (*last).max(*time);
        Some(*last)
    };
    times.scan(i64::MIN, latest).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Added,
    Changed,
}

/// The rows of `next` that are not, bit for bit, among those of `last`.
fn changes(last: &FeatureMatrix, next: &FeatureMatrix) -> Vec<(usize, Change)> {
    let before: Vec<Option<usize>> = next.sessions.iter().map(|session| last.position(*session)).collect();
    let mut changed = vec![false; next.len()];
    for (old, new) in last.columns.iter().zip(next.columns.iter()) {
        for ((row, value), changed) in before.iter().zip(new).zip(&mut changed) {
            *changed |= row.is_some_and(|row| old[row].to_bits() != value.to_bits());
        }
    }
    let change = |(row, before): (usize, Option<usize>)| match before {
        None => Some((row, Change::Added)),
        Some(_) => changed[row].then_some((row, Change::Changed)),
    };
    before.into_iter().enumerate().filter_map(change).collect()
}

/// Rows that are being gathered.
pub(crate) struct Rows {
    sessions: Vec<Session>,
    knowledge_times: Vec<i64>,
    /// A row after the other.
    values: Vec<f32>,
    width: usize,
}

impl Rows {
    pub(crate) fn new(width: usize) -> Self {
        Self { sessions: Vec::new(), knowledge_times: Vec::new(), values: Vec::new(), width }
    }

    fn push(&mut self, matrix: &FeatureMatrix, row: usize, knowledge_time: i64) {
        self.sessions.push(matrix.sessions[row]);
        self.knowledge_times.push(knowledge_time);
        self.values.extend(matrix.columns.iter().map(|column| column[row]));
    }

    /// Adds a row under a key of its own: the values of another row, or missing ones.
    pub(crate) fn push_as(
        &mut self,
        rows: &FeatureColumns,
        row: Option<usize>,
        session: Session,
        knowledge_time: i64,
    ) {
        self.sessions.push(session);
        self.knowledge_times.push(knowledge_time);
        let value = |column: &[f32]| row.map_or(f32::NAN, |row| column[row]);
        self.values.extend(rows.columns().iter().map(value));
    }

    /// Adds a row as it is.
    pub(crate) fn push_again(&mut self, rows: &FeatureColumns, row: usize) {
        self.push_as(rows, Some(row), rows.sessions()[row], rows.knowledge_times()[row]);
    }

    /// In order of session and knowledge time, as the table is.
    pub(crate) fn sorted(self) -> Self {
        let key = |row: &usize| (self.sessions[*row], self.knowledge_times[*row]);
        if (1..self.sessions.len()).all(|row| key(&(row - 1)) <= key(&row)) {
            return self;
        }
        let mut order: Vec<usize> = (0..self.sessions.len()).collect();
        order.sort_by_key(key);
        let values = order.iter().flat_map(|row| &self.values[row * self.width..][..self.width]);
        Self {
            sessions: order.iter().map(|row| self.sessions[*row]).collect(),
            knowledge_times: order.iter().map(|row| self.knowledge_times[*row]).collect(),
            values: values.copied().collect(),
            width: self.width,
        }
    }

    pub(crate) fn columns(self, symbol: &Symbol) -> Result<FeatureColumns> {
        let Self { sessions, knowledge_times, values, width } = self;
        let columns = Columns::from_fn(width, sessions.len(), |column, row| values[row * width + column]);
        Ok(FeatureColumns::new(symbol.clone(), sessions, knowledge_times, columns)?)
    }
}

//! The rows that follow from the bars of a symbol: what each row was worth at each instant, as the bars were known then.

use weekahead_features::{FeatureMatrix, View, compute};
use weekahead_market::{BarSeries, Session, Symbol};
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

/// The rows that follow from a history, as far as they can be known after `after` and until `as_of` (microseconds since
/// 1970-01-01 UTC).
///
/// A row is known since the last of the bars up to its session was. Where a revision changes it, one more row is known
/// since the revision; where it changes nothing, to the bit, none is. So what a reader sees never depends on what
/// was known later, and the rows do not depend on when, or how often, the view is built.
///
/// `newest` are the features of the bars known at `as_of`, where they are computed already.
pub(crate) fn implied(
    view: &View,
    history: &BarHistory,
    newest: Option<(BarSeries, FeatureMatrix)>,
    after: Option<i64>,
    as_of: i64,
) -> Result<Implied> {
    let after = after.unwrap_or(i64::MIN);
    let mut revisions = history.revisions();
    revisions.retain(|revision| *revision > after && *revision <= as_of);
    let skipped = revisions.len().saturating_sub(MOST_REPLAYS);
    revisions.drain(..skipped);
    let state = |until: i64| {
        let series = history.known_at(until)?;
        let matrix = compute(view, &series);
        Ok::<_, crate::Error>((series, matrix))
    };
    let before = |revision: Option<&i64>| revision.map_or(as_of, |revision| revision - 1);
    let (series, mut matrix) = match newest {
        Some(newest) if revisions.is_empty() => newest,
        _ => state(before(revisions.first()))?,
    };
    let first = first_known(series.knowledge_times());
    let fresh: Vec<usize> = (0..matrix.len()).filter(|row| first[*row] > after).collect();
    let whole_from = if skipped == 0 { i64::MIN } else { revisions.first().copied().unwrap_or(i64::MIN) };
    if revisions.is_empty() {
        let rows = Rows::all(matrix, first, fresh);
        return Ok(Implied { rows: rows.columns(history.symbol())?, whole_from });
    }
    let mut rows = Rows::new(view.features().len());
    fresh.iter().for_each(|row| rows.push(&matrix, *row, first[*row]));
    for (index, revision) in revisions.iter().enumerate() {
        let (series, next) = state(before(revisions.get(index + 1)))?;
        let first = first_known(series.knowledge_times());
        for (row, change) in changes(&matrix, &next) {
            rows.push(&next, row, if change == Change::Added { first[row] } else { *revision });
        }
        matrix = next;
    }
    Ok(Implied { rows: rows.sorted().columns(history.symbol())?, whole_from })
}

/// Per row, the latest knowledge time of the bars up to it: prices are chained from the first session on.
fn first_known(knowledge_times: &[i64]) -> Vec<i64> {
    let latest = |last: &mut i64, time: &i64| {
        *last = (*last).max(*time);
        Some(*last)
    };
    knowledge_times.iter().scan(i64::MIN, latest).collect()
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
    for (old, new) in last.columns.iter().zip(&next.columns) {
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
    columns: Vec<Vec<f32>>,
}

impl Rows {
    pub(crate) fn new(width: usize) -> Self {
        Self { sessions: Vec::new(), knowledge_times: Vec::new(), columns: vec![Vec::new(); width] }
    }

    /// Some rows of a matrix, in order; all of them cost no copy.
    fn all(matrix: FeatureMatrix, known: Vec<i64>, wanted: Vec<usize>) -> Self {
        if wanted.len() == matrix.len() {
            return Self { sessions: matrix.sessions, knowledge_times: known, columns: matrix.columns };
        }
        let mut rows = Self::new(matrix.columns.len());
        wanted.iter().for_each(|row| rows.push(&matrix, *row, known[*row]));
        rows
    }

    fn push(&mut self, matrix: &FeatureMatrix, row: usize, knowledge_time: i64) {
        self.sessions.push(matrix.sessions[row]);
        self.knowledge_times.push(knowledge_time);
        for (column, values) in self.columns.iter_mut().zip(&matrix.columns) {
            column.push(values[row]);
        }
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
        for (column, values) in self.columns.iter_mut().zip(rows.columns()) {
            column.push(row.map_or(f32::NAN, |row| values[row]));
        }
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
        let column = |values: &Vec<f32>| order.iter().map(|row| values[*row]).collect();
        Self {
            sessions: order.iter().map(|row| self.sessions[*row]).collect(),
            knowledge_times: order.iter().map(|row| self.knowledge_times[*row]).collect(),
            columns: self.columns.iter().map(column).collect(),
        }
    }

    pub(crate) fn columns(self, symbol: &Symbol) -> Result<FeatureColumns> {
        let Self { sessions, knowledge_times, columns } = self;
        Ok(FeatureColumns::new(symbol.clone(), sessions, knowledge_times, columns)?)
    }
}

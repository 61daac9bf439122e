//! The newest row of each symbol and session, out of rows that stream by in order.

use std::ops::Range;

use clickhouse::native::Block;
use weekahead_market::{Session, Symbol};

use super::FeatureRows;
use crate::native::{Symbols, column, session};
use crate::{Error, Result};

/// Features that are read by one query. The server reads all parts of a table side by side to answer in order, with a buffer a column
/// and part: a query for all features of a wide view would take it a gigabyte for ten years.
const COLUMNS_AT_ONCE: usize = 48;

/// The features of a view in groups that are read one after another; one empty group for no features.
pub(super) fn column_groups(count: usize) -> impl Iterator<Item = Range<usize>> {
    let starts = (0..count.max(1)).step_by(COLUMNS_AT_ONCE);
    starts.map(move |start| start..(start + COLUMNS_AT_ONCE).min(count))
}

/// Keeps the last row of each symbol and session, as they stream by in order: once for each group of features.
pub(super) struct NewestRows<'a> {
    names: Vec<String>,
    admit: &'a (dyn Fn(Session, i64) -> bool + Sync),
    symbols: Symbols,
    group: Range<usize>,
    /// What has streamed by of this group.
    keys: Keys,
    /// What streamed by of the groups before it.
    whole: Option<Keys>,
    values: Vec<f32>,
}

/// Which rows there are.
#[derive(Default, PartialEq)]
struct Keys {
    symbols: Vec<Symbol>,
    sessions: Vec<Session>,
    knowledge_times: Vec<i64>,
}

impl<'a> NewestRows<'a> {
    /// Rows that pass a test of their session and knowledge time; all features are expected at once.
    pub(super) fn of(names: &[String], admit: &'a (dyn Fn(Session, i64) -> bool + Sync)) -> Self {
        Self {
            names: names.to_vec(),
            admit,
            symbols: Symbols::default(),
            group: 0..names.len(),
            keys: Keys::default(),
            whole: None,
            values: Vec::new(),
        }
    }

    /// From now on the same rows stream by with other features.
    ///
    /// # Errors
    /// [`Error::Changed`] when the rows were not those of the group before.
    pub(super) fn begin(&mut self, group: Range<usize>) -> Result<()> {
        if group.start > 0 {
            self.end()?;
        }
        self.group = group;
        Ok(())
    }

    pub(super) fn take(&mut self, block: &Block) -> Result<()> {
        let slots = self.take_keys(block)?;
        let width = self.names.len();
        match &self.whole {
            None => self.values.resize(self.keys.sessions.len() * width, f32::NAN),
            Some(whole) if self.keys.sessions.len() > whole.sessions.len() => return Err(Error::Changed),
            Some(_) => {}
        }
        for at in self.group.clone() {
            let values: Vec<f32> = column(block, &self.names[at])?;
            for (slot, value) in slots.iter().zip(values) {
                if let Some(slot) = slot {
                    self.values[slot * width + at] = value;
                }
            }
        }
        Ok(())
    }

    /// All rows.
    ///
    /// # Errors
    /// [`Error::Changed`] when they were others for one group of features than for another.
    pub(super) fn finish(mut self) -> Result<FeatureRows> {
        self.end()?;
        let Keys { symbols, sessions, knowledge_times } = self.whole.unwrap_or_default();
        Ok(FeatureRows { names: self.names, symbols, sessions, knowledge_times, values: self.values })
    }

    fn end(&mut self) -> Result<()> {
        let keys = std::mem::take(&mut self.keys);
        match &self.whole {
            None => self.whole = Some(keys),
            Some(whole) if *whole == keys => {}
            Some(_) => return Err(Error::Changed),
        }
        Ok(())
    }

    /// The row that each row of the block goes to: its predecessor's when it is a newer version of it, none when it
    /// is not admitted.
    fn take_keys(&mut self, block: &Block) -> Result<Vec<Option<usize>>> {
        let symbols: Vec<&str> = column(block, "key_symbol")?;
        let days: Vec<i32> = column(block, "key_day")?;
        let known: Vec<i64> = column(block, "key_known")?;
        let mut slots = Vec::with_capacity(block.num_rows());
        for ((symbol, day), known) in symbols.into_iter().zip(days).zip(known) {
            let session = session(day)?;
            let admitted = (self.admit)(session, known);
            slots.push(if admitted { Some(self.slot(symbol, session, known)?) } else { None });
        }
        Ok(slots)
    }

    fn slot(&mut self, symbol: &str, session: Session, known: i64) -> Result<usize> {
        let keys = &mut self.keys;
        let last = keys.symbols.last().zip(keys.sessions.last());
        if last.is_some_and(|(s, d)| *d == session && s.as_str() == symbol) {
            keys.knowledge_times.pop();
        } else {
            keys.symbols.push(self.symbols.of(symbol)?);
            keys.sessions.push(session);
        }
        keys.knowledge_times.push(known);
        Ok(keys.sessions.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_is_in_one_group() {
        let ends =
            |count: usize| column_groups(count).map(|group| (group.start, group.end)).collect::<Vec<_>>();
        assert_eq!(ends(0), [(0, 0)]);
        assert_eq!(ends(48), [(0, 48)]);
        assert_eq!(ends(100), [(0, 48), (48, 96), (96, 100)]);
    }

    #[test]
    fn other_rows_for_other_features_are_noticed() {
        let names: Vec<String> = (0..50).map(|at| format!("f{at}")).collect();
        let day = |day| Session::from_days_since_epoch(day).unwrap();
        let read = |later: &[(i32, i64)]| {
            let mut newest = NewestRows::of(&names, &|_, _| true);
            newest.begin(0..48)?;
            for (session, known) in [(1, 10), (2, 20), (2, 25)] {
                newest.slot("A", day(session), known)?;
            }
            newest.begin(48..50)?;
            for (session, known) in later {
                newest.slot("A", day(*session), *known)?;
            }
            newest.finish()
        };
        assert_eq!(read(&[(1, 10), (2, 20), (2, 25)]).unwrap().knowledge_times, [10, 25]);
        for later in [&[(1, 10)][..], &[(1, 10), (2, 20)], &[(1, 10), (2, 25), (3, 30)]] {
            assert!(matches!(read(later), Err(Error::Changed)), "{later:?}");
        }
    }
}

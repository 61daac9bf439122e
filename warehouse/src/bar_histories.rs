//! Bars with all their versions: what was known of a symbol at any instant up to the reader's.

use std::collections::BTreeMap;

use weekahead_market::{AsOf, Bar, BarSeries, CorporateAction, Session, Symbol};

use crate::bars::{known_bars, symbol_batches};
use crate::native::Symbols;
use crate::{Result, Warehouse};

/// Every version of every bar of one symbol.
///
/// ```
/// use weekahead_market::{Bar, CorporateAction, Symbol};
/// use weekahead_warehouse::BarHistory;
/// let bar = |close| Bar { open: close, high: close, low: close, close, volume: 1.0 };
/// let mut history = BarHistory::new(Symbol::new("IBM").unwrap());
/// let thursday = "2013-01-24".parse().unwrap();
/// history.push(thursday, bar(10.0), CorporateAction::NONE, 100);
/// history.push(thursday, bar(11.0), CorporateAction::NONE, 300); // a restatement, known at 300
/// assert_eq!(history.known_at(299).unwrap().bars()[0].close, 10.0);
/// assert_eq!(history.known_at(300).unwrap().bars()[0].close, 11.0);
/// assert_eq!(history.revisions(), [300]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct BarHistory {
    symbol: Symbol,
    versions: Vec<Version>,
}

#[derive(Debug, Clone, PartialEq)]
struct Version {
    session: Session,
    bar: Bar,
    action: CorporateAction,
    knowledge_time: i64,
}

impl BarHistory {
    /// A symbol of which nothing is known.
    pub fn new(symbol: Symbol) -> Self {
        Self { symbol, versions: Vec::new() }
    }

    /// Whose bars they are.
    pub fn symbol(&self) -> &Symbol {
        &self.symbol
    }

    /// Adds a version: in order of session and, within it, of knowledge time (microseconds since 1970-01-01 UTC).
    pub fn push(&mut self, session: Session, bar: Bar, action: CorporateAction, knowledge_time: i64) {
        self.versions.push(Version { session, bar, action, knowledge_time });
    }

    /// The versions with their sessions and knowledge times (microseconds since 1970-01-01 UTC), in the order in which
    /// they were added.
    pub fn versions(&self) -> impl ExactSizeIterator<Item = (Session, Bar, CorporateAction, i64)> {
        self.versions
            .iter()
            .map(|version| (version.session, version.bar, version.action, version.knowledge_time))
    }

    /// Number of versions.
    pub fn len(&self) -> usize {
        self.versions.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }

    /// The newest version of each session known at an instant (microseconds since 1970-01-01 UTC).
    ///
    /// # Errors
    /// [`Error::Stored`](crate::Error::Stored) when the versions are not in order of session.
    pub fn known_at(&self, instant: i64) -> Result<BarSeries> {
        let mut series = BarSeries::new();
        for of_session in self.sessions() {
            let newest = of_session.iter().rev().find(|version| version.knowledge_time <= instant);
            if let Some(Version { session, bar, action, knowledge_time }) = newest {
                series.push(&self.symbol, *session, *bar, *action, *knowledge_time)?;
            }
        }
        Ok(series)
    }

    /// The instants, in order, at which the past became another one: a version of a session took the place of an
    /// earlier one, or a session appeared before one that was known already. All other bars came at the end.
    pub fn revisions(&self) -> Vec<i64> {
        Self::revisions_of(std::slice::from_ref(self))
    }

    /// As [`revisions`](Self::revisions), of symbols that are looked at together: the bar of one is a revision when a bar
    /// of any of them was known before for the same session or a later one.
    pub fn revisions_of(histories: &[Self]) -> Vec<i64> {
        let versions = histories.iter().flat_map(|history| &history.versions);
        let mut keys: Vec<(Session, i64)> = versions.map(|v| (v.session, v.knowledge_time)).collect();
        keys.sort_unstable();
        let mut revisions = Vec::new();
        let mut first_of_later = i64::MAX;
        for of_session in keys.chunk_by(|a, b| a.0 == b.0).rev() {
            let first = of_session[0].1;
            if first > first_of_later {
                revisions.push(first);
            }
            first_of_later = first_of_later.min(first);
            revisions.extend(of_session.iter().map(|(_, known)| *known).filter(|known| *known > first));
        }
        revisions.sort_unstable();
        revisions.dedup();
        revisions
    }

    fn sessions(&self) -> impl Iterator<Item = &[Version]> {
        self.versions.chunk_by(|a, b| a.session == b.session)
    }
}

impl Warehouse {
    /// The bars of symbols with all versions known at `as_of`, in order of symbol. Symbols without any are left out.
    ///
    /// # Errors
    /// [`Error::UnknownTable`](crate::Error::UnknownTable) before dbt ran; connection errors.
    pub async fn bar_histories(&self, as_of: AsOf, symbols: &[Symbol]) -> Result<Vec<BarHistory>> {
        self.histories(as_of, None, symbols).await
    }

    /// As [`bar_histories`](Self::bar_histories), but of the versions alone that became known after an instant.
    ///
    /// # Errors
    /// As [`bar_histories`](Self::bar_histories).
    pub async fn bars_since(&self, as_of: AsOf, after: AsOf, symbols: &[Symbol]) -> Result<Vec<BarHistory>> {
        self.histories(as_of, Some(after), symbols).await
    }

    async fn histories(
        &self,
        as_of: AsOf,
        after: Option<AsOf>,
        symbols: &[Symbol],
    ) -> Result<Vec<BarHistory>> {
        self.read(|| async {
            let mut histories: BTreeMap<Symbol, BarHistory> = BTreeMap::new();
            let mut seen = Symbols::default();
            for batch in symbol_batches(Some(symbols)) {
                let mut of_last: Option<BarHistory> = None;
                let query = self.bars_query(as_of, after, batch, None);
                self.blocks(query, |block| {
                    known_bars(block, &mut seen, |bar| {
                        if of_last.as_ref().is_none_or(|history| history.symbol != bar.symbol) {
                            let done = of_last.replace(BarHistory::new(bar.symbol));
                            histories.extend(done.map(|history| (history.symbol.clone(), history)));
                        }
                        if let Some(history) = of_last.as_mut() {
                            history.push(bar.session, bar.bar, bar.action, bar.knowledge_time);
                        }
                        Ok(())
                    })
                })
                .await?;
                histories.extend(of_last.map(|history| (history.symbol.clone(), history)));
            }
            Ok(histories.into_values().collect())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(versions: &[(i32, i64)]) -> BarHistory {
        let mut history = BarHistory::new(Symbol::new("AAPL").unwrap());
        for &(day, known) in versions {
            let price = known as f64;
            let bar = Bar { open: price, high: price, low: price, close: price, volume: 1.0 };
            let session = Session::from_days_since_epoch(day).unwrap();
            history.push(session, bar, CorporateAction::NONE, known);
        }
        history
    }

    #[test]
    fn bars_that_come_in_order_revise_nothing() {
        assert!(history(&[(1, 10), (2, 20), (3, 20), (4, 40)]).revisions().is_empty());
        assert!(history(&[]).revisions().is_empty());
    }

    #[test]
    fn a_restatement_and_a_session_between_others_are_revisions() {
        let history = history(&[(1, 10), (1, 35), (2, 33), (3, 30), (3, 35), (3, 50)]);
        assert_eq!(history.revisions(), [33, 35, 50]);
        let known = |at| history.known_at(at).unwrap().knowledge_times().to_vec();
        assert_eq!(known(9), [0_i64; 0]);
        assert_eq!(known(32), [10, 30]);
        assert_eq!(known(35), [35, 33, 35]);
        assert_eq!(known(i64::MAX), [35, 33, 50]);
    }

    #[test]
    fn together_a_bar_is_a_revision_where_another_symbol_was_first() {
        let together =
            |a: &[(i32, i64)], b: &[(i32, i64)]| BarHistory::revisions_of(&[history(a), history(b)]);
        assert!(together(&[(1, 10), (2, 20)], &[(1, 10), (2, 20)]).is_empty());
        assert_eq!(together(&[(1, 10), (2, 20)], &[(1, 10), (2, 21)]), [21]);
        assert_eq!(together(&[(2, 20)], &[(1, 30)]), [30]);
    }

    #[test]
    fn two_versions_of_one_instant_are_one_state() {
        assert!(history(&[(1, 10), (1, 10), (2, 20)]).revisions().is_empty());
    }
}

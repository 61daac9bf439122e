//! What a build has to do: of which symbols nothing changed, of which bars were added, and of which nothing is certain.

use std::collections::BTreeMap;

use weekahead_features::View;
use weekahead_market::{AsOf, Symbol};
use weekahead_warehouse::{Coverage, Materialized, TableDigest, Warehouse};

use crate::Result;

/// What a build has to do.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// What holds for symbols that need nothing.
    pub(crate) unchanged: Vec<Materialized>,
    /// Symbols to compute, in the order of the table.
    pub(crate) tasks: Vec<Task>,
}

/// A symbol to compute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Task {
    pub(crate) symbol: Symbol,
    /// The digest of its bars.
    pub(crate) bars: TableDigest,
    pub(crate) known: Known,
}

/// How far the stored rows of a symbol can be relied upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// All rows that could be known at the instant are stored, and no others. Their digest is beside it.
    Until(AsOf, TableDigest),
    /// There are rows, and they must be compared one by one.
    Some,
    /// There is no row.
    Nothing,
}

impl Plan {
    /// Compares what there is with what earlier builds said: digests of bars and of rows, summed up by the warehouse.
    pub(crate) async fn of(
        warehouse: &Warehouse,
        view: &View,
        symbols: &[Symbol],
        as_of: AsOf,
    ) -> Result<Self> {
        let (name, version) = (view.name(), view.version());
        let words = warehouse.materialized(as_of, name, version, symbols).await?;
        let mut found = Vec::new();
        for (then, mut said) in by_instant(symbols, words) {
            let of_instant: Vec<Symbol> = said.keys().cloned().collect();
            let bars = warehouse.bar_coverage(as_of, then, &of_instant).await?;
            let rows = warehouse.feature_coverage(as_of, then, name, version, &of_instant).await?;
            found.extend(bars.into_iter().map(|(symbol, bars)| Found {
                rows: rows.get(&symbol).copied().unwrap_or_default(),
                said: said.remove(&symbol).flatten(),
                symbol,
                bars,
            }));
        }
        found.sort_unstable_by(|a, b| a.symbol.cmp(&b.symbol));
        Ok(if view.is_cross_sectional() { Self::together(found, as_of) } else { Self::each(found, as_of) })
    }

    /// Every symbol for itself.
    fn each(found: Vec<Found>, as_of: AsOf) -> Self {
        let mut plan = Self::default();
        for found in found {
            if found.holds() && found.bars.now == found.bars.then {
                plan.unchanged.push(found.word(as_of));
            } else {
                plan.tasks.push(found.task());
            }
        }
        plan
    }

    /// Every row depends on the bars of all symbols: their digest counts for each of them, and all are computed when one is.
    fn together(mut found: Vec<Found>, as_of: AsOf) -> Self {
        let bars = found.iter().fold(Coverage::default(), |sum, found| Coverage {
            then: plus(sum.then, found.bars.then),
            now: plus(sum.now, found.bars.now),
        });
        found.iter_mut().for_each(|found| found.bars = bars);
        let said_at = |found: &Found| found.said.as_ref().filter(|_| found.holds()).map(|said| said.as_of);
        let instant = found.first().and_then(said_at);
        let proven = instant.is_some() && found.iter().all(|found| said_at(found) == instant);
        if proven && bars.now == bars.then {
            return Self {
                unchanged: found.iter().map(|found| found.word(as_of)).collect(),
                ..Self::default()
            };
        }
        if !proven {
            found.iter_mut().for_each(|found| found.said = None);
        }
        Self { tasks: found.into_iter().map(Found::task).collect(), ..Self::default() }
    }

    /// The tasks in groups of at most so many bars each, or of one symbol.
    pub(crate) fn groups(&self, bars: usize) -> impl Iterator<Item = &[Task]> {
        let mut rest = self.tasks.as_slice();
        std::iter::from_fn(move || {
            let mut sum = 0;
            let fits = |task: &&Task| {
                let first = sum == 0;
                sum += task.bars.rows as usize;
                first || sum <= bars
            };
            let count = rest.iter().take_while(fits).count();
            let (group, later) = rest.split_at(count);
            rest = later;
            (!group.is_empty()).then_some(group)
        })
    }
}

/// What there is of a symbol, and what was said of it.
struct Found {
    symbol: Symbol,
    said: Option<Materialized>,
    bars: Coverage,
    rows: Coverage,
}

impl Found {
    /// Whether what was said is still so. Rows behind its instant are of a build that broke off, or that stood later.
    fn holds(&self) -> bool {
        let as_said = |said: &Materialized| said.bars == self.bars.then && said.rows == self.rows.then;
        self.said.as_ref().is_some_and(as_said) && self.rows.now == self.rows.then
    }

    fn word(&self, as_of: AsOf) -> Materialized {
        Materialized { symbol: self.symbol.clone(), as_of, bars: self.bars.now, rows: self.rows.now }
    }

    fn task(self) -> Task {
        let known = match &self.said {
            Some(said) if self.holds() => Known::Until(said.as_of, said.rows),
            _ if self.rows.now.rows == 0 => Known::Nothing,
            _ => Known::Some,
        };
        Task { symbol: self.symbol, bars: self.bars.now, known }
    }
}

fn plus(a: TableDigest, b: TableDigest) -> TableDigest {
    TableDigest { rows: a.rows + b.rows, hash: a.hash.wrapping_add(b.hash) }
}

type Said = BTreeMap<Symbol, Option<Materialized>>;

/// Symbols by the instant of what was last said of them; `None` for those of which nothing was.
fn by_instant(symbols: &[Symbol], words: Vec<Materialized>) -> BTreeMap<Option<AsOf>, Said> {
    let mut silent: Said = symbols.iter().map(|symbol| (symbol.clone(), None)).collect();
    let mut instants: BTreeMap<Option<AsOf>, Said> = BTreeMap::new();
    for word in words {
        silent.remove(&word.symbol);
        instants.entry(Some(word.as_of)).or_default().insert(word.symbol.clone(), Some(word));
    }
    if !silent.is_empty() {
        instants.insert(None, silent);
    }
    instants
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbol(text: &str) -> Symbol {
        Symbol::new(text).unwrap()
    }

    fn digest(rows: u64, hash: u64) -> TableDigest {
        TableDigest { rows, hash }
    }

    fn found(said: Option<&Materialized>, bars: [u64; 2], rows: [u64; 2]) -> Found {
        let coverage = |[then, now]: [u64; 2]| Coverage { then: digest(then, then), now: digest(now, now) };
        let (bars, rows) = (coverage(bars), coverage(rows));
        Found { symbol: symbol("AAPL"), said: said.cloned(), bars, rows }
    }

    fn decided(said: Option<&Materialized>, bars: [u64; 2], rows: [u64; 2]) -> Option<Known> {
        let plan = Plan::each(vec![found(said, bars, rows)], "2013-02-01".parse().unwrap());
        plan.tasks.first().map(|task| task.known)
    }

    #[test]
    fn only_what_is_proven_is_left_alone() {
        let as_of: AsOf = "2013-01-25".parse().unwrap();
        let said = Materialized { symbol: symbol("AAPL"), as_of, bars: digest(7, 7), rows: digest(9, 9) };
        assert_eq!(decided(Some(&said), [7, 7], [9, 9]), None);
        assert_eq!(decided(Some(&said), [7, 8], [9, 9]), Some(Known::Until(as_of, digest(9, 9))));
        assert_eq!(decided(Some(&said), [6, 8], [9, 9]), Some(Known::Some), "a late bar");
        assert_eq!(decided(Some(&said), [7, 8], [8, 8]), Some(Known::Some), "rows that are gone");
        assert_eq!(decided(Some(&said), [7, 8], [9, 10]), Some(Known::Some), "a build that broke off");
        assert_eq!(decided(None, [0, 8], [0, 0]), Some(Known::Nothing));
        assert_eq!(decided(Some(&said), [7, 8], [0, 0]), Some(Known::Nothing), "a table that was emptied");
    }

    #[test]
    fn symbols_that_see_each_other_change_together() {
        let as_of: AsOf = "2013-01-25".parse().unwrap();
        let now: AsOf = "2013-02-01".parse().unwrap();
        let said = Materialized { symbol: symbol("AAPL"), as_of, bars: digest(14, 14), rows: digest(9, 9) };
        let steady = || found(Some(&said), [7, 7], [9, 9]);
        let known =
            |found| Plan::together(found, now).tasks.iter().map(|task| task.known).collect::<Vec<_>>();
        assert!(known(vec![steady(), steady()]).is_empty());
        let grown = known(vec![steady(), found(Some(&said), [7, 8], [9, 9])]);
        assert_eq!(grown, [Known::Until(as_of, digest(9, 9)); 2]);
        assert_eq!(known(vec![steady()]), [Known::Some], "the other has left the universe");
        let joined = known(vec![steady(), steady(), found(None, [0, 3], [0, 0])]);
        assert_eq!(joined, [Known::Some, Known::Some, Known::Nothing]);
    }

    #[test]
    fn groups_are_bounded_by_bars() {
        let task = |bars: u64| Task { symbol: symbol("A"), bars: digest(bars, 0), known: Known::Nothing };
        let plan = Plan { tasks: [3, 3, 3, 20, 1].map(task).into(), ..Plan::default() };
        let sizes: Vec<usize> = plan.groups(7).map(<[Task]>::len).collect();
        assert_eq!(sizes, [2, 1, 1, 1]);
    }
}

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
        let mut plan = Self::default();
        for (then, said) in by_instant(symbols, words) {
            let of_instant: Vec<Symbol> = said.keys().cloned().collect();
            let bars = warehouse.bar_coverage(as_of, then, &of_instant).await?;
            let rows = warehouse.feature_coverage(as_of, then, name, version, &of_instant).await?;
            for (symbol, bars) in bars {
                let rows = rows.get(&symbol).copied().unwrap_or_default();
                plan.decide(said.get(&symbol).and_then(Option::as_ref), symbol, bars, rows, as_of);
            }
        }
        plan.tasks.sort_unstable_by(|a, b| a.symbol.cmp(&b.symbol));
        Ok(plan)
    }

    fn decide(
        &mut self,
        said: Option<&Materialized>,
        symbol: Symbol,
        bars: Coverage,
        rows: Coverage,
        as_of: AsOf,
    ) {
        // Rows behind the instant of the last word are of a build that broke off, or of one that stood later.
        let holds =
            |said: &&Materialized| said.bars == bars.then && said.rows == rows.then && rows.now == rows.then;
        let known = match said.filter(holds) {
            Some(_) if bars.now == bars.then => {
                self.unchanged.push(Materialized { symbol, as_of, bars: bars.now, rows: rows.now });
                return;
            }
            Some(said) => Known::Until(said.as_of, said.rows),
            None if rows.now.rows == 0 => Known::Nothing,
            None => Known::Some,
        };
        self.tasks.push(Task { symbol, bars: bars.now, known });
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

    fn decided(said: Option<&Materialized>, bars: [u64; 2], rows: [u64; 2]) -> Option<Known> {
        let mut plan = Plan::default();
        let coverage = |[then, now]: [u64; 2]| Coverage { then: digest(then, then), now: digest(now, now) };
        let as_of = "2013-02-01".parse().unwrap();
        plan.decide(said, symbol("AAPL"), coverage(bars), coverage(rows), as_of);
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
    fn groups_are_bounded_by_bars() {
        let task = |bars: u64| Task { symbol: symbol("A"), bars: digest(bars, 0), known: Known::Nothing };
        let plan = Plan { tasks: [3, 3, 3, 20, 1].map(task).into(), ..Plan::default() };
        let sizes: Vec<usize> = plan.groups(7).map(<[Task]>::len).collect();
        assert_eq!(sizes, [2, 1, 1, 1]);
    }
}

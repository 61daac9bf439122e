//! What a symbol needs, by the digests of its bars.

use std::collections::BTreeMap;

use weekahead_market::Symbol;
use weekahead_warehouse::{Coverage, TableDigest};

/// The symbols whose features no longer follow from the bars, by what they need.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// Versions of bars became known since the last refresh, and nothing else happened.
    pub(super) added: Vec<Symbol>,
    /// Everything else: new symbols, bars that arrived late or are gone, a refresh that broke off.
    pub(super) other: Vec<Symbol>,
    /// There are no bars any more.
    pub(super) gone: Vec<Symbol>,
}

impl Changes {
    /// Compares what the held features were computed from with what there is: `then` in the coverage is the last refresh that
    /// came to its end.
    pub(super) fn between(held: &BTreeMap<Symbol, TableDigest>, found: &BTreeMap<Symbol, Coverage>) -> Self {
        let mut changes = Self::default();
        for (symbol, coverage) in found {
            match held.get(symbol) {
                Some(bars) if *bars == coverage.now => {}
                Some(bars) if *bars == coverage.then => changes.added.push(symbol.clone()),
                _ => changes.other.push(symbol.clone()),
            }
        }
        changes.gone = held.keys().filter(|symbol| !found.contains_key(*symbol)).cloned().collect();
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbol() -> Symbol {
        Symbol::new("AAPL").unwrap()
    }

    fn digest(rows: u64) -> TableDigest {
        TableDigest { rows, hash: 100 + rows }
    }

    fn changes(held: Option<u64>, found: Option<[u64; 2]>) -> [usize; 3] {
        let held = held.map(|rows| (symbol(), digest(rows))).into_iter().collect();
        let coverage = |[then, now]: [u64; 2]| Coverage { then: digest(then), now: digest(now) };
        let found = found.map(|rows| (symbol(), coverage(rows))).into_iter().collect();
        let changes = Changes::between(&held, &found);
        [changes.added.len(), changes.other.len(), changes.gone.len()]
    }

    #[test]
    fn a_symbol_needs_what_its_digests_say() {
        assert_eq!(changes(Some(7), Some([7, 7])), [0, 0, 0]);
        assert_eq!(changes(Some(8), Some([7, 8])), [0, 0, 0], "the last refresh did it, and then broke off");
        assert_eq!(changes(Some(7), Some([7, 8])), [1, 0, 0]);
        assert_eq!(changes(Some(7), Some([8, 9])), [0, 1, 0], "a late bar");
        assert_eq!(changes(Some(7), Some([6, 6])), [0, 1, 0], "a bar that is gone");
        assert_eq!(changes(None, Some([0, 7])), [0, 1, 0]);
        assert_eq!(changes(Some(7), None), [0, 0, 1]);
    }
}

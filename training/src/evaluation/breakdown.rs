//! Where a forecaster is good: its figures by symbol and by regime.

use std::collections::BTreeMap;

use serde::Serialize;
use weekahead_market::{Session, Symbol};

use super::metrics::{Metrics, ScoredRows, evaluate};
use super::pooled::PooledErrors;
use super::regime::Regime;
use crate::Result;
use crate::error::check_length;

/// The figures of some of the rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group<L> {
    /// What the rows have in common.
    pub label: L,
    /// Origins that have such rows.
    pub origins: usize,
    /// Their figures.
    pub metrics: Metrics,
    /// How sure those are.
    pub errors: PooledErrors,
}

/// The figures of each symbol, in the order of symbols.
///
/// # Shape
/// One symbol a row; `overlap` as in [`PooledErrors::of`].
///
/// # Missing values
/// A single symbol has no rank correlation.
///
/// # Errors
/// Those of [`ScoredRows::check`], and [`Error::Shape`](crate::Error::Shape) unless each row has a symbol.
pub fn by_symbol(rows: &ScoredRows<'_>, symbols: &[Symbol], overlap: usize) -> Result<Vec<Group<Symbol>>> {
    check_length("symbols", rows.targets.len(), symbols.len())?;
    by_label(rows, symbols, overlap)
}

/// The figures of each regime that there is, calm first.
///
/// The origins of a regime do not all follow each other; for standard errors they are taken as if they did.
///
/// # Shape
/// One regime a row, that of its origin, as [`expanding_regimes`](super::expanding_regimes) tells it.
///
/// # Errors
/// Those of [`ScoredRows::check`], and [`Error::Shape`](crate::Error::Shape) unless each row has a regime.
pub fn by_regime(rows: &ScoredRows<'_>, regimes: &[Regime], overlap: usize) -> Result<Vec<Group<Regime>>> {
    check_length("regimes", rows.targets.len(), regimes.len())?;
    by_label(rows, regimes, overlap)
}

fn by_label<L: Ord + Clone>(rows: &ScoredRows<'_>, labels: &[L], overlap: usize) -> Result<Vec<Group<L>>> {
    rows.check()?;
    let mut groups: BTreeMap<&L, Vec<usize>> = BTreeMap::new();
    for (row, label) in labels.iter().enumerate() {
        groups.entry(label).or_default().push(row);
    }
    let figures = |(label, members): (&L, Vec<usize>)| Selection::of(rows, &members).group(label, overlap);
    groups.into_iter().map(figures).collect()
}

/// Some rows, copied out of the others.
struct Selection<'a> {
    origins: Vec<Session>,
    targets: Vec<f64>,
    points: Vec<f64>,
    levels: &'a [f64],
    quantiles: Vec<f64>,
}

impl<'a> Selection<'a> {
    fn of(rows: &ScoredRows<'a>, members: &[usize]) -> Self {
        let pick = |values: &[f64]| members.iter().map(|row| values[*row]).collect();
        Self {
            origins: members.iter().map(|row| rows.origins[*row]).collect(),
            targets: pick(rows.targets),
            points: pick(rows.points),
            levels: rows.levels,
            quantiles: members.iter().flat_map(|row| rows.quantiles_of(*row)).copied().collect(),
        }
    }

    fn group<L: Clone>(&self, label: &L, overlap: usize) -> Result<Group<L>> {
        let rows = ScoredRows {
            origins: &self.origins,
            targets: &self.targets,
            points: &self.points,
            levels: self.levels,
            quantiles: &self.quantiles,
        };
        let origins = self.origins.iter().collect::<std::collections::BTreeSet<_>>().len();
        let errors = PooledErrors::of(&rows, overlap)?;
        Ok(Group { label: label.clone(), origins, metrics: evaluate(&rows)?, errors })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    fn check(run: impl Fn(&ScoredRows<'_>, &[Symbol])) {
        let days = ["2013-01-11", "2013-01-18"].map(|day| day.parse().unwrap());
        let symbols = ["MSFT", "AAPL", "MSFT", "AAPL"].map(|name| Symbol::new(name).unwrap());
        let rows = ScoredRows {
            origins: &[days[0], days[0], days[1], days[1]],
            targets: &[0.1, -0.1, 0.3, 0.2],
            points: &[0.0, 0.0, 0.0, 0.1],
            levels: &[0.1, 0.9],
            quantiles: &[0.0, 0.2, 0.0, 0.1, 0.0, 0.2, 0.1, 0.3],
        };
        run(&rows, &symbols);
    }

    #[test]
    fn symbols_keep_their_own_rows() {
        check(|rows, symbols| {
            let groups = by_symbol(rows, symbols, 0).unwrap();
            let labels: Vec<_> = groups.iter().map(|group| group.label.to_string()).collect();
            assert_eq!((labels, groups[0].origins), (vec!["AAPL".to_owned(), "MSFT".to_owned()], 2));
            let close =
                |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found} {expected}");
            close(groups[0].metrics.mae, 0.1);
            close(groups[1].metrics.mae, 0.2);
            // AAPL: -0.1 is outside of 0..0.1; MSFT: 0.3 is outside of 0..0.2.
            assert_eq!(groups[0].metrics.coverage_80, Some(0.5));
            close(groups[0].metrics.width_80.unwrap(), 0.15);
            // Losses 0.1 and 0.3; two origins have the lag 1: (0.01 - 0.005) / 2.
            close(groups[1].errors.mae.unwrap().standard_error, 0.0025_f64.sqrt());
            assert_eq!((groups[0].metrics.rank_ic, groups[0].errors.rank_ic), (None, None));
        });
    }

    #[test]
    fn regimes_part_origins_and_add_up() {
        check(|rows, _| {
            use Regime::{Calm, Turbulent};
            let groups = by_regime(rows, &[Turbulent, Turbulent, Calm, Calm], 1).unwrap();
            assert_eq!(groups.iter().map(|group| group.label).collect::<Vec<_>>(), [Calm, Turbulent]);
            assert_eq!((groups[0].metrics.rows, groups[0].origins, groups[0].errors.mae), (2, 1, None));
            let mean = groups.iter().map(|group| group.metrics.mae / 2.0).sum::<f64>();
            assert!((mean - evaluate(rows).unwrap().mae).abs() < 1e-12);
        });
    }

    #[test]
    fn every_row_needs_a_label() {
        check(|rows, symbols| {
            assert!(matches!(by_symbol(rows, &symbols[1..], 0), Err(Error::Shape { .. })));
            assert!(matches!(by_regime(rows, &[], 0), Err(Error::Shape { .. })));
        });
    }
}

//! One loss per origin: what two forecasters are compared by.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use weekahead_market::Session;

use super::metrics::{ScoredRows, row_pinball};
use crate::{Error, Result};

/// The loss of one row that promotion is decided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossKind {
    /// `|y - f|`; its mean is the MAE.
    #[default]
    AbsoluteError,
    /// `(y - f)^2`.
    SquaredError,
    /// The pinball loss averaged over the levels.
    Pinball,
}

impl LossKind {
    /// The name of its mean, as runs log it.
    pub fn name(self) -> &'static str {
        match self {
            Self::AbsoluteError => "mae",
            Self::SquaredError => "mse",
            Self::Pinball => "pinball",
        }
    }
}

/// The mean loss over symbols, by origin.
pub type LossSeries = BTreeMap<Session, f64>;

/// The mean loss over the symbols of each origin.
///
/// Symbols of one week move together, so that rows are no independent observations; origins nearly are.
///
/// # Errors
/// Those of [`ScoredRows::check`], and [`Error::TooFew`] for the pinball loss without quantiles.
pub fn loss_series(rows: &ScoredRows<'_>, kind: LossKind) -> Result<LossSeries> {
    rows.check()?;
    if kind == LossKind::Pinball && rows.levels.is_empty() {
        return Err(Error::TooFew { what: "quantile levels", needed: 1, found: 0 });
    }
    let loss = |row: usize| match kind {
        LossKind::AbsoluteError => (rows.targets[row] - rows.points[row]).abs(),
        LossKind::SquaredError => (rows.targets[row] - rows.points[row]).powi(2),
        LossKind::Pinball => row_pinball(rows, row),
    };
    let mut sums: BTreeMap<Session, (f64, u32)> = BTreeMap::new();
    for (row, origin) in rows.origins.iter().enumerate() {
        let (sum, count) = sums.entry(*origin).or_default();
        *sum += loss(row);
        *count += 1;
    }
    Ok(sums.into_iter().map(|(origin, (sum, count))| (origin, sum / f64::from(count))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_averaged_within_their_origin() {
        let (a, b) = ("2013-01-18".parse().unwrap(), "2013-01-25".parse().unwrap());
        let rows = ScoredRows {
            origins: &[a, b, a],
            targets: &[1.0, 2.0, 3.0],
            points: &[0.0, 0.0, 1.0],
            levels: &[0.5],
            quantiles: &[0.0, 0.0, 0.0],
        };
        let series = |kind| loss_series(&rows, kind).unwrap().into_values().collect::<Vec<_>>();
        assert_eq!(series(LossKind::AbsoluteError), [1.5, 2.0]);
        assert_eq!(series(LossKind::SquaredError), [2.5, 4.0]);
        assert_eq!(series(LossKind::Pinball), [1.0, 1.0]);
        let pointwise = ScoredRows { levels: &[], quantiles: &[], ..rows };
        assert!(matches!(loss_series(&pointwise, LossKind::Pinball), Err(Error::TooFew { .. })));
    }
}

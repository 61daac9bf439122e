//! How sure the figures over all origins are.

use serde::Serialize;

use super::losses::{LossKind, loss_series};
use super::metrics::ScoredRows;
use super::newey_west::{MeanError, newey_west_lag, newey_west_mean};
use super::rank::rank_ic_series;
use crate::Result;

/// Means over origins with their standard errors; `None` where there are fewer than two origins.
///
/// Symbols of one week move together, so an error is that of a mean over origins, each counting once. A mean over rows, as
/// in [`Metrics`](super::Metrics), is another where the number of symbols changes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PooledErrors {
    /// Of the absolute error.
    pub mae: Option<MeanError>,
    /// Of the rank correlation, over the origins that have one.
    pub rank_ic: Option<MeanError>,
}

impl PooledErrors {
    /// The errors of a set of forecasts whose targets each overlap those of `overlap` later origins, as
    /// [`overlap_lag`](super::overlap_lag) finds it.
    ///
    /// # Errors
    /// Those of [`ScoredRows::check`].
    ///
    /// # Source
    /// [`newey_west_mean`] at the lag of [`newey_west_lag`].
    pub fn of(rows: &ScoredRows<'_>, overlap: usize) -> Result<Self> {
        let losses = loss_series(rows, LossKind::AbsoluteError)?;
        let correlations = rank_ic_series(rows.origins, rows.targets, rows.points);
        Ok(Self {
            mae: pooled(losses.into_values().collect(), overlap)?,
            rank_ic: pooled(correlations.into_values().collect(), overlap)?,
        })
    }

    /// Names and values of the standard errors that are defined, as a tracker logs them.
    pub fn named(&self) -> Vec<(&'static str, f64)> {
        let all = [("mae_se", self.mae), ("rank_ic_se", self.rank_ic)];
        all.into_iter().filter_map(|(name, error)| Some((name, error?.standard_error))).collect()
    }
}

fn pooled(values: Vec<f64>, overlap: usize) -> Result<Option<MeanError>> {
    match values.len() {
        0 | 1 => Ok(None),
        n => newey_west_mean(&values, newey_west_lag(n, overlap)).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_those_of_means_over_origins() {
        let days = ["2013-01-11", "2013-01-18", "2013-01-25"].map(|day| day.parse().unwrap());
        let rows = ScoredRows {
            origins: &[days[0], days[0], days[1], days[2]],
            targets: &[0.1, 0.3, 0.5, -0.2],
            points: &[0.0, 0.0, 0.0, 0.0],
            levels: &[],
            quantiles: &[],
        };
        let errors = PooledErrors::of(&rows, 0).unwrap();
        // Losses 0.2, 0.5, 0.2; three origins have the lag 1: deviations -0.1, 0.2, -0.1, so g_0 = 0.02 and
        // g_1 = -0.04/3, and (0.02 - 0.04/3) / 3 is the variance.
        let mae = errors.mae.unwrap();
        assert_eq!((mae.n, mae.lag), (3, 1));
        assert!((mae.mean - 0.3).abs() < 1e-12);
        assert!((mae.standard_error - (0.02 / 9.0_f64).sqrt()).abs() < 1e-12, "{mae:?}");
        // Forecasts that are all equal have no ranks.
        assert_eq!(errors.rank_ic, None);
        assert_eq!(errors.named(), [("mae_se", mae.standard_error)]);
    }

    #[test]
    fn one_origin_has_no_error() {
        let rows = ScoredRows {
            origins: &["2013-01-11".parse().unwrap(); 3],
            targets: &[0.1, 0.2, 0.3],
            points: &[0.1, 0.2, 0.3],
            levels: &[],
            quantiles: &[],
        };
        assert_eq!(PooledErrors::of(&rows, 1).unwrap(), PooledErrors { mae: None, rank_ic: None });
    }
}

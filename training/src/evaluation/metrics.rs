//! Forecast errors in the field's usual figures.

use serde::Serialize;
use weekahead_market::Session;

use super::rank::rank_ic;
use crate::error::{check_finite, check_length};
use crate::{Error, Result};

/// Forecasts beside what came true.
///
/// # Shape
/// One entry a row in each; `quantiles` is row-major, rows x levels.
///
/// # Units
/// Log returns over the horizon.
///
/// # Missing values
/// None: [`ScoredRows::check`] refuses rows that are not finite.
#[derive(Debug, Clone, Copy)]
pub struct ScoredRows<'a> {
    /// The session each forecast stands on.
    pub origins: &'a [Session],
    /// What came true.
    pub targets: &'a [f64],
    /// The point forecasts.
    pub points: &'a [f64],
    /// The levels of the quantiles, increasing.
    pub levels: &'a [f64],
    /// The quantiles, row by row.
    pub quantiles: &'a [f64],
}

impl ScoredRows<'_> {
    /// That the lengths agree, there is at least one row, and every number is finite.
    ///
    /// # Errors
    /// [`Error::TooFew`], [`Error::Shape`] or [`Error::NotFinite`].
    pub fn check(&self) -> Result<()> {
        let rows = self.targets.len();
        if rows == 0 {
            return Err(Error::TooFew { what: "scored rows", needed: 1, found: 0 });
        }
        check_length("origins", rows, self.origins.len())?;
        check_length("points", rows, self.points.len())?;
        check_length("quantiles", rows * self.levels.len(), self.quantiles.len())?;
        check_finite("a target", self.targets, 1)?;
        check_finite("a point forecast", self.points, 1)?;
        check_finite("a quantile", self.quantiles, self.levels.len())
    }

    /// One quantile of every row; `None` for a level that was not forecast.
    pub fn quantile(&self, level: f64) -> Option<impl Iterator<Item = f64>> {
        let index = self.levels.iter().position(|l| (l - level).abs() < 1e-9)?;
        Some(self.quantiles.chunks_exact(self.levels.len()).map(move |row| row[index]))
    }

    /// The quantiles of a row.
    pub(super) fn quantiles_of(&self, row: usize) -> &[f64] {
        &self.quantiles[row * self.levels.len()..(row + 1) * self.levels.len()]
    }
}

/// The figures of a set of forecasts; `None` where one is not defined on it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Metrics {
    /// Rows scored.
    pub rows: usize,
    /// See [`mae`].
    pub mae: f64,
    /// See [`rmse`].
    pub rmse: f64,
    /// See [`smape`].
    pub smape: f64,
    /// See [`mase`].
    pub mase: Option<f64>,
    /// See [`directional_accuracy`].
    pub directional_accuracy: Option<f64>,
    /// See [`rank_ic`].
    pub rank_ic: Option<f64>,
    /// See [`rank_ic`].
    pub icir: Option<f64>,
    /// See [`pinball`], the mean over rows and levels.
    pub pinball: Option<f64>,
    /// See [`coverage`], of the interval between the levels 0.1 and 0.9.
    pub coverage_80: Option<f64>,
    /// See [`interval_width`], of the same interval.
    pub width_80: Option<f64>,
}

impl Metrics {
    /// Names and values of the figures that are defined, as a tracker logs them.
    pub fn named(&self) -> Vec<(&'static str, f64)> {
        let all = [
            ("mae", Some(self.mae)),
            ("rmse", Some(self.rmse)),
            ("smape", Some(self.smape)),
            ("mase", self.mase),
            ("directional_accuracy", self.directional_accuracy),
            ("rank_ic", self.rank_ic),
            ("icir", self.icir),
            ("pinball", self.pinball),
            ("coverage_80", self.coverage_80),
            ("width_80", self.width_80),
            ("rows", Some(self.rows as f64)),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

/// Every figure of a set of forecasts.
///
/// # Errors
/// Those of [`ScoredRows::check`].
pub fn evaluate(rows: &ScoredRows<'_>) -> Result<Metrics> {
    rows.check()?;
    let (targets, points) = (rows.targets, rows.points);
    let ic = rank_ic(rows.origins, targets, points);
    let interval: Option<Vec<(f64, f64)>> =
        rows.quantile(0.1).zip(rows.quantile(0.9)).map(|(low, high)| low.zip(high).collect());
    Ok(Metrics {
        rows: targets.len(),
        mae: mae(targets, points),
        rmse: rmse(targets, points),
        smape: smape(targets, points),
        mase: mase(targets, points),
        directional_accuracy: directional_accuracy(targets, points),
        rank_ic: ic.map(|ic| ic.mean),
        icir: ic.and_then(|ic| ic.ir),
        pinball: mean_pinball(rows),
        coverage_80: interval.as_ref().map(|bounds| coverage(targets, bounds)),
        width_80: interval.as_ref().map(|bounds| interval_width(bounds)),
    })
}

/// Mean absolute error: `mean |y - f|`, in log returns; NaN of no rows.
///
/// ```
/// use weekahead_training::evaluation::mae;
/// assert_eq!(mae(&[0.5, -0.25], &[0.0, 0.0]), 0.375);
/// ```
pub fn mae(targets: &[f64], points: &[f64]) -> f64 {
    mean_of(targets, points, |y, f| (y - f).abs())
}

/// Root mean squared error: `sqrt(mean (y - f)^2)`, in log returns; NaN of no rows.
///
/// ```
/// use weekahead_training::evaluation::rmse;
/// assert_eq!(rmse(&[3.0, 4.0, 0.0, 0.0], &[0.0; 4]), 2.5);
/// ```
pub fn rmse(targets: &[f64], points: &[f64]) -> f64 {
    mean_of(targets, points, |y, f| (y - f).powi(2)).sqrt()
}

/// Symmetric mean absolute percentage error of prices: `mean 2 |P - Q| / (P + Q)` with `P = e^y` and `Q = e^f` times the
/// origin's close, which cancels; equal to `mean 2 tanh(|y - f| / 2)`.
///
/// # Units
/// A fraction, 0 to 2 (not percent). Of prices, because that of returns is a ratio of numbers around zero.
///
/// # Source
/// Makridakis, Spiliotis & Assimakopoulos (2020), The M4 Competition.
///
/// ```
/// use weekahead_training::evaluation::smape;
/// // Prices 3 and 1: 2 * 2 / 4.
/// assert!((smape(&[3f64.ln()], &[0.0]) - 1.0).abs() < 1e-15);
/// ```
pub fn smape(targets: &[f64], points: &[f64]) -> f64 {
    mean_of(targets, points, |y, f| 2.0 * ((y - f).abs() / 2.0).tanh())
}

/// Mean absolute scaled error against the random walk: `mae(f) / mae(0)` over the same rows; below 1 is better than
/// forecasting no change.
///
/// # Missing values
/// `None` when no target moved.
///
/// # Source
/// Hyndman & Koehler (2006), scaled here by the out-of-sample error of the naive forecast of the same horizon.
///
/// ```
/// use weekahead_training::evaluation::mase;
/// assert_eq!(mase(&[0.5, -0.25], &[0.25, 0.0]), Some(0.5 / 0.75));
/// assert_eq!(mase(&[0.0], &[0.1]), None);
/// ```
pub fn mase(targets: &[f64], points: &[f64]) -> Option<f64> {
    let naive = mean_of(targets, targets, |y, _| y.abs());
    (naive > 0.0).then(|| mae(targets, points) / naive)
}

/// The share of moves whose direction was foretold. A row whose target is exactly 0 is left out; a forecast of exactly 0
/// names no direction and counts as half a hit, so that the random walk has 0.5.
///
/// # Missing values
/// `None` when no target moved.
///
/// ```
/// use weekahead_training::evaluation::directional_accuracy;
/// assert_eq!(directional_accuracy(&[0.1, -0.1, 0.2, 0.0], &[0.3, 0.1, 0.0, 0.5]), Some(0.5));
/// ```
pub fn directional_accuracy(targets: &[f64], points: &[f64]) -> Option<f64> {
    let hit = |y: f64, f: f64| if f == 0.0 { 0.5 } else { f64::from(u8::from((y > 0.0) == (f > 0.0))) };
    let hits: Vec<f64> =
        targets.iter().zip(points).filter(|(y, _)| **y != 0.0).map(|(y, f)| hit(*y, *f)).collect();
    (!hits.is_empty()).then(|| hits.iter().sum::<f64>() / hits.len() as f64)
}

/// The pinball loss of one quantile: `level (y - q)` when `y >= q`, else `(1 - level) (q - y)`.
///
/// # Source
/// Koenker & Bassett (1978), Regression Quantiles.
///
/// ```
/// use weekahead_training::evaluation::pinball;
/// assert_eq!((pinball(0.75, 3.0, 1.0), pinball(0.75, 1.0, 3.0)), (1.5, 0.5));
/// ```
pub fn pinball(level: f64, target: f64, quantile: f64) -> f64 {
    let error = target - quantile;
    if error >= 0.0 { level * error } else { (level - 1.0) * error }
}

/// The share of targets within their bounds, both included; NaN of no rows.
///
/// ```
/// use weekahead_training::evaluation::coverage;
/// assert_eq!(coverage(&[0.1, 0.2, 0.3, 0.4], &[(0.0, 0.1), (0.0, 0.1), (0.0, 1.0), (0.5, 1.0)]), 0.5);
/// ```
pub fn coverage(targets: &[f64], bounds: &[(f64, f64)]) -> f64 {
    let within = targets.iter().zip(bounds).filter(|(y, (low, high))| low <= y && *y <= high).count();
    within as f64 / targets.len() as f64
}

/// The mean distance between bounds, in log returns; NaN of no rows.
pub fn interval_width(bounds: &[(f64, f64)]) -> f64 {
    bounds.iter().map(|(low, high)| high - low).sum::<f64>() / bounds.len() as f64
}

/// The pinball loss of a row, averaged over levels.
pub(super) fn row_pinball(rows: &ScoredRows<'_>, row: usize) -> f64 {
    let pairs = rows.levels.iter().zip(rows.quantiles_of(row));
    pairs.map(|(level, q)| pinball(*level, rows.targets[row], *q)).sum::<f64>() / rows.levels.len() as f64
}

fn mean_pinball(rows: &ScoredRows<'_>) -> Option<f64> {
    let count = rows.targets.len();
    (!rows.levels.is_empty())
        .then(|| (0..count).map(|row| row_pinball(rows, row)).sum::<f64>() / count as f64)
}

fn mean_of(targets: &[f64], points: &[f64], loss: impl Fn(f64, f64) -> f64) -> f64 {
    targets.iter().zip(points).map(|(y, f)| loss(*y, *f)).sum::<f64>() / targets.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_figures_of_a_small_set_by_hand() {
        let day = |text: &str| text.parse::<Session>().unwrap();
        let (a, b) = (day("2013-01-18"), day("2013-01-25"));
        let rows = ScoredRows {
            origins: &[a, a, b, b],
            targets: &[0.1, -0.1, 0.3, 0.0],
            points: &[0.2, -0.1, -0.1, 0.0],
            levels: &[0.1, 0.9],
            quantiles: &[0.0, 0.2, -0.1, 0.1, -0.2, 0.2, 0.1, 0.3],
        };
        let metrics = evaluate(&rows).unwrap();
        let close = |found: Option<f64>, expected: f64| {
            assert!((found.unwrap() - expected).abs() < 1e-12, "{found:?}")
        };
        close(Some(metrics.mae), 0.125);
        close(Some(metrics.rmse), (0.17_f64 / 4.0).sqrt());
        close(metrics.mase, 1.0);
        close(metrics.directional_accuracy, 2.0 / 3.0);
        // +1 on the first origin, -1 on the second.
        close(metrics.rank_ic, 0.0);
        close(metrics.icir, 0.0);
        close(metrics.coverage_80, 0.5);
        close(metrics.width_80, (0.2 + 0.2 + 0.4 + 0.2) / 4.0);
        // Rows: .1*.1 + .1*.1; 0 + .1*.2; .1*.5 + .9*.1; .9*.1 + .1*.3, over two levels.
        close(metrics.pinball, (0.02 + 0.02 + 0.14 + 0.12) / 8.0);
        assert_eq!(metrics.named().len(), 11);
    }

    #[test]
    fn rows_that_do_not_fit_are_errors() {
        let origins = ["2013-01-18".parse().unwrap()];
        let rows = ScoredRows {
            origins: &origins,
            targets: &[0.1],
            points: &[0.1],
            levels: &[0.5],
            quantiles: &[0.0],
        };
        assert!(evaluate(&rows).is_ok());
        assert!(matches!(evaluate(&ScoredRows { points: &[], ..rows }), Err(Error::Shape { .. })));
        assert!(matches!(evaluate(&ScoredRows { quantiles: &[], ..rows }), Err(Error::Shape { .. })));
        assert!(matches!(
            evaluate(&ScoredRows { targets: &[f64::NAN], ..rows }),
            Err(Error::NotFinite { .. })
        ));
        let none = ScoredRows { origins: &[], targets: &[], points: &[], levels: &[], quantiles: &[] };
        assert!(matches!(evaluate(&none), Err(Error::TooFew { .. })));
        let pointwise = evaluate(&ScoredRows { levels: &[], quantiles: &[], ..rows }).unwrap();
        assert_eq!((pointwise.pinball, pointwise.coverage_80), (None, None));
    }
}

//! The standard error of a mean over origins that are not independent.

use serde::Serialize;

use crate::{Error, Result};

/// A mean over origins with its standard error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MeanError {
    /// The mean.
    pub mean: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// The lag up to which values were taken as correlated.
    pub lag: usize,
    /// Values averaged.
    pub n: usize,
}

/// The mean of a series with its Newey-West standard error.
///
/// With autocovariances `g_k = sum_t (x_t - mean) (x_{t+k} - mean) / n`, the standard error is
/// `sqrt((g_0 + 2 sum_{k=1..lag} (1 - k/(lag+1)) g_k) / n)`.
///
/// # Shape
/// One value an origin, in order of origins.
///
/// # Units
/// Those of the values.
///
/// # Missing values
/// None.
///
/// # Errors
/// [`Error::TooFew`] below two values, or without a pair of values `lag` apart; [`Error::NotFinite`].
///
/// # Source
/// Newey & West (1987), A Simple, Positive Semi-Definite, Heteroskedasticity and Autocorrelation Consistent Covariance Matrix;
/// statsmodels' `cov_type="HAC"` of a regression on a constant, without its small-sample correction.
///
/// ```
/// use weekahead_training::evaluation::newey_west_mean;
/// // Deviations 1, 1, -1, -1: g_0 = 1, g_1 = (1 - 1 + 1) / 4, so (1 + 2 * 1/2 * 1/4) / 4 = 5/16.
/// let error = newey_west_mean(&[3.0, 3.0, 1.0, 1.0], 1)?;
/// assert_eq!((error.mean, error.standard_error), (2.0, (5.0_f64 / 16.0).sqrt()));
/// # Ok::<(), weekahead_training::Error>(())
/// ```
pub fn newey_west_mean(values: &[f64], lag: usize) -> Result<MeanError> {
    let (n, needed) = (values.len(), 2.max(lag + 1));
    if n < needed {
        return Err(Error::TooFew { what: "origins to estimate an error from", needed, found: n });
    }
    if let Some(row) = values.iter().position(|value| !value.is_finite()) {
        return Err(Error::NotFinite { what: "a value of an origin", row });
    }
    let count = n as f64;
    let mean = values.iter().sum::<f64>() / count;
    let autocovariance =
        |k: usize| values.iter().zip(&values[k..]).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>() / count;
    let weighted = |k: usize| (1.0 - k as f64 / (lag as f64 + 1.0)) * autocovariance(k);
    let variance = (autocovariance(0) + 2.0 * (1..=lag).map(weighted).sum::<f64>()) / count;
    Ok(MeanError { mean, standard_error: variance.max(0.0).sqrt(), lag, n })
}

/// How far a series of n origins is taken as correlated, of whose targets each overlaps those of `overlap` later ones.
///
/// The larger of two lags, at most n - 1:
/// - `floor(4 (n / 100)^(2/9))`, for whatever correlation there is: the rule of thumb that goes back to Newey & West;
/// - `ceil(3/2 (overlap + 1))` where targets overlap. The weights fall with k, and a lag of `overlap` would give the overlap's
///   last autocovariance a weight of `1 / (overlap + 1)`: one half, at an overlap of 1.
///
/// # Source
/// Newey & West (1994), Automatic Lag Selection in Covariance Matrix Estimation, table II C, and statsmodels' default, for the
/// first; Cochrane & Piazzesi (2005), Bond Risk Premia, who take 18 lags for targets of 12 months, for the second.
///
/// ```
/// use weekahead_training::evaluation::newey_west_lag;
/// assert_eq!((newey_west_lag(100, 0), newey_west_lag(500, 1)), (4, 5));
/// assert_eq!((newey_west_lag(52, 1), newey_west_lag(52, 2)), (3, 5));
/// ```
pub fn newey_west_lag(n: usize, overlap: usize) -> usize {
    bandwidth(n, overlap).min(n.saturating_sub(1))
}

/// The lag of [`newey_west_lag`], whether or not the series is long enough for it.
pub(super) fn bandwidth(n: usize, overlap: usize) -> usize {
    let serial = (4.0 * (n as f64 / 100.0).powf(2.0 / 9.0)).floor() as usize;
    let overlapping = if overlap == 0 { 0 } else { (3 * (overlap + 1)).div_ceil(2) };
    serial.max(overlapping)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lag_0_is_the_error_of_independent_values() {
        let error = newey_west_mean(&[1.0, 3.0, 1.0, 3.0], 0).unwrap();
        assert_eq!((error.mean, error.standard_error, error.lag, error.n), (2.0, 0.5, 0, 4));
        assert_eq!(newey_west_mean(&[0.5; 9], 3).unwrap().standard_error, 0.0);
    }

    #[test]
    fn correlation_widens_and_alternation_narrows() {
        let error = |values: &[f64]| newey_west_mean(values, 1).unwrap().standard_error;
        assert!(error(&[3.0, 3.0, 1.0, 1.0]) > 0.5);
        assert!(error(&[1.0, 3.0, 1.0, 3.0]) < 0.5);
    }

    #[test]
    fn the_lag_of_a_short_series_is_what_it_has() {
        assert_eq!((newey_west_lag(0, 2), newey_west_lag(1, 0), newey_west_lag(3, 2)), (0, 0, 2));
        assert_eq!(newey_west_lag(2_000, 0), 7);
    }

    #[test]
    fn too_few_or_missing_values_are_errors() {
        assert!(matches!(newey_west_mean(&[1.0], 0), Err(Error::TooFew { needed: 2, found: 1, .. })));
        assert!(matches!(newey_west_mean(&[1.0, 2.0], 2), Err(Error::TooFew { needed: 3, .. })));
        assert!(matches!(newey_west_mean(&[1.0, f64::NAN], 0), Err(Error::NotFinite { row: 1, .. })));
    }
}

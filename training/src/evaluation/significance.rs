//! Is one forecaster better than another by more than luck?

use statrs::distribution::{ContinuousCDF, StudentsT};
use weekahead_market::{Calendar, Horizon, Session};

use crate::{Error, Result};

/// The outcome of a Diebold-Mariano test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DieboldMariano {
    /// The mean loss differential; negative when the first forecaster is better.
    pub mean: f64,
    /// The corrected statistic; negative when the first forecaster is better.
    pub statistic: f64,
    /// The probability of a statistic this low or lower if both were equally good: small when the first is better.
    pub p_better: f64,
    /// The probability of a statistic this far from 0, either way.
    pub p_two_sided: f64,
    /// Origins compared.
    pub origins: usize,
}

/// The Diebold-Mariano test with the small-sample correction of Harvey, Leybourne & Newbold.
///
/// With differentials `d_t = loss_first - loss_second`, autocovariances `g_k` and lag `L`:
/// `v = (g_0 + 2 sum_{k=1..L} (1 - k/(L+1)) g_k) / n` (Newey-West), `S = mean(d) / sqrt(v)`, and with `h = L + 1` the statistic
/// `S sqrt((n + 1 - 2h + h(h-1)/n) / n)` is held against Student's t with n - 1 degrees of freedom.
///
/// # Shape
/// One differential an origin, in order of origins (see [`loss_series`](super::loss_series) for why not one a row).
///
/// # Missing values
/// None. Differentials that are all 0 compare a forecaster with itself: both p-values are 1.
///
/// # Errors
/// [`Error::TooFew`] below `2 (lag + 2)` origins; [`Error::NotFinite`].
///
/// # Source
/// Diebold & Mariano (1995); Harvey, Leybourne & Newbold (1997); Newey & West (1987), whose weights keep `v` positive.
pub fn diebold_mariano(differentials: &[f64], lag: usize) -> Result<DieboldMariano> {
    let (origins, needed) = (differentials.len(), 2 * (lag + 2));
    if origins < needed {
        return Err(Error::TooFew { what: "origins to compare forecasters on", needed, found: origins });
    }
    if let Some(row) = differentials.iter().position(|d| !d.is_finite()) {
        return Err(Error::NotFinite { what: "a loss differential", row });
    }
    let (n, h) = (origins as f64, lag as f64 + 1.0);
    let mean = differentials.iter().sum::<f64>() / n;
    if differentials.iter().all(|d| *d == 0.0) {
        return Ok(DieboldMariano { mean, statistic: 0.0, p_better: 1.0, p_two_sided: 1.0, origins });
    }
    let correction = ((n + 1.0 - 2.0 * h + h * (h - 1.0) / n) / n).sqrt();
    let statistic = correction * mean / newey_west(differentials, mean, lag).sqrt();
    let (p_better, p_two_sided) = p_values(statistic, n - 1.0);
    Ok(DieboldMariano { mean, statistic, p_better, p_two_sided, origins })
}

/// How many later origins' targets may overlap an origin's target: the lag of [`diebold_mariano`].
///
/// 0 for the week ahead from weekly origins, and 1 as soon as the history has a week of four sessions.
///
/// # Errors
/// [`Error::Market`] outside the calendar.
pub fn overlap_lag(calendar: &Calendar, horizon: Horizon, origins: &[Session]) -> Result<usize> {
    let mut lag = 0;
    for (index, origin) in origins.iter().enumerate() {
        let realised = calendar.offset(*origin, horizon.get() as i64)?;
        lag = lag.max(origins[index + 1..].iter().take_while(|later| **later < realised).count());
    }
    Ok(lag)
}

/// Holm's step-down adjustment for `trials` tests, of which the given p-values are the ones at hand.
///
/// The i-th smallest (from 0) becomes `max over j <= i of min(1, (trials - j) p_j)`: below the significance, the chance of even
/// one false claim among all trials is below the significance. Trials beyond the given p-values count as failed.
///
/// # Source
/// Holm (1979), A Simple Sequentially Rejective Multiple Test Procedure.
///
/// ```
/// use weekahead_training::evaluation::holm;
/// assert_eq!(holm(&[0.25, 0.0625, 0.125], 3), [0.25, 0.1875, 0.25]);
/// assert_eq!(holm(&[0.0625], 10), [0.625]);
/// ```
pub fn holm(p_values: &[f64], trials: usize) -> Vec<f64> {
    let trials = trials.max(p_values.len());
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|i, j| p_values[*i].total_cmp(&p_values[*j]));
    let (mut adjusted, mut so_far) = (vec![1.0; p_values.len()], 0.0_f64);
    for (rank, index) in order.into_iter().enumerate() {
        so_far = so_far.max(((trials - rank) as f64 * p_values[index]).min(1.0));
        adjusted[index] = so_far;
    }
    adjusted
}

/// The variance of the mean of a series that is correlated over `lag` steps.
fn newey_west(values: &[f64], mean: f64, lag: usize) -> f64 {
    let n = values.len() as f64;
    let autocovariance =
        |k: usize| values.iter().zip(&values[k..]).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>() / n;
    let weighted = |k: usize| (1.0 - k as f64 / (lag as f64 + 1.0)) * autocovariance(k);
    ((autocovariance(0) + 2.0 * (1..=lag).map(weighted).sum::<f64>()) / n).max(0.0)
}

/// The lower tail and both tails of Student's t.
fn p_values(statistic: f64, degrees_of_freedom: f64) -> (f64, f64) {
    match StudentsT::new(0.0, 1.0, degrees_of_freedom) {
        // Constant differentials have no variance: the sign alone decides.
        _ if statistic.is_infinite() => (if statistic < 0.0 { 0.0 } else { 1.0 }, 0.0),
        Ok(t) => (t.cdf(statistic), 2.0 * t.cdf(-statistic.abs())),
        Err(_) => (1.0, 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_lag_it_is_the_t_test_by_hand() {
        // Mean -2, deviations 1, -1, 1, -1: g_0 = 1, v = 1/4, S = -4; h = 1 gives sqrt(3/4): S = -2 sqrt 3. This is the
        // ordinary t: -2 / (sd / sqrt 4) with the sample variance 4/3.
        let test = diebold_mariano(&[-1.0, -3.0, -1.0, -3.0], 0).unwrap();
        assert_eq!((test.mean, test.origins), (-2.0, 4));
        assert!((test.statistic + 12f64.sqrt()).abs() < 1e-12);
        // Student's t has a closed form for 3 degrees of freedom:
        // F(t) = 1/2 + (atan(t/sqrt 3) + t sqrt 3 / (t^2 + 3)) / pi.
        let t = test.statistic;
        let closed =
            0.5 + ((t / 3f64.sqrt()).atan() + t * 3f64.sqrt() / (t * t + 3.0)) / std::f64::consts::PI;
        assert!((test.p_better - closed).abs() < 1e-9, "{} {closed}", test.p_better);
        assert!((test.p_two_sided - 2.0 * closed).abs() < 1e-9);
    }

    #[test]
    fn with_a_lag_by_hand() {
        // Mean 2; deviations 1, 1, -1, -1, 1, -1. g_0 = 1; g_1 = (1 - 1 + 1 - 1 - 1)/6 = -1/6.
        // v = (1 - 2 * 1/2 * 1/6)/6 = 5/36; S = 2 * 6/sqrt 5; h = 2: correction sqrt((7 - 4 + 1/3)/6) = sqrt(5/9).
        let test = diebold_mariano(&[3.0, 3.0, 1.0, 1.0, 3.0, 1.0], 1).unwrap();
        assert!((test.statistic - 4.0).abs() < 1e-12, "{}", test.statistic);
        assert!(test.p_better > 0.99);
    }

    #[test]
    fn itself_and_a_constant_advantage() {
        let same = diebold_mariano(&[0.0; 8], 0).unwrap();
        assert_eq!((same.p_better, same.p_two_sided), (1.0, 1.0));
        let better = diebold_mariano(&[-0.5; 8], 1).unwrap();
        assert_eq!((better.p_better, better.p_two_sided), (0.0, 0.0));
        assert_eq!(diebold_mariano(&[0.5; 8], 1).unwrap().p_better, 1.0);
    }

    #[test]
    fn too_few_origins_are_an_error() {
        assert!(matches!(diebold_mariano(&[0.1; 3], 0), Err(Error::TooFew { needed: 4, found: 3, .. })));
        assert!(matches!(diebold_mariano(&[0.1; 5], 1), Err(Error::TooFew { needed: 6, .. })));
        assert!(matches!(
            diebold_mariano(&[0.1, f64::NAN, 0.0, 0.2], 0),
            Err(Error::NotFinite { row: 1, .. })
        ));
    }

    #[test]
    fn weeks_of_four_sessions_overlap() {
        let calendar = Calendar::nyse();
        let lag = |first: &str, last: &str, sessions| {
            let origins = calendar.weekly_origins(first.parse().unwrap(), last.parse().unwrap());
            overlap_lag(&calendar, Horizon::sessions(sessions).unwrap(), &origins).unwrap()
        };
        assert_eq!(lag("2013-03-01", "2013-03-22", 5), 0);
        assert_eq!(lag("2013-02-01", "2013-03-22", 5), 1);
        assert_eq!(lag("2013-03-01", "2013-03-22", 10), 1);
        assert_eq!(lag("2013-03-01", "2013-03-22", 1), 0);
    }
}

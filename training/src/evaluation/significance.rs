//! Is one forecaster better than another by more than luck?

use statrs::distribution::{ContinuousCDF, StudentsT};
use weekahead_market::{Calendar, Horizon, Session};

use super::newey_west::{bandwidth, newey_west_lag, newey_west_mean};
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
/// With differentials `d_t = loss_first - loss_second` and the Newey-West standard error `s` of their mean, at the lag of
/// [`newey_west_lag`], the statistic is `mean(d) / s * sqrt((n + 1 - 2h + h(h-1)/n) / n)` with `h = overlap + 1`, held against
/// Student's t with n - 1 degrees of freedom. The correction keeps `h`: it is about targets that overlap, while the lag
/// also covers differentials that are correlated for other reasons.
///
/// # Shape
/// One differential an origin, in order of origins (see [`loss_series`](super::loss_series) for why not one a row); `overlap` as
/// [`overlap_lag`] finds it.
///
/// # Missing values
/// None. Differentials that are all 0 compare a forecaster with itself: both p-values are 1.
///
/// # Errors
/// [`Error::TooFew`] below `2 (lag + 2)` origins; [`Error::NotFinite`].
///
/// # Source
/// Diebold & Mariano (1995); Harvey, Leybourne & Newbold (1997); Newey & West (1987), whose weights keep the variance positive.
pub fn diebold_mariano(differentials: &[f64], overlap: usize) -> Result<DieboldMariano> {
    let origins = differentials.len();
    check_origins(origins, overlap)?;
    let error = newey_west_mean(differentials, newey_west_lag(origins, overlap))?;
    if differentials.iter().all(|d| *d == 0.0) {
        return Ok(DieboldMariano { mean: 0.0, statistic: 0.0, p_better: 1.0, p_two_sided: 1.0, origins });
    }
    let (n, h) = (origins as f64, overlap as f64 + 1.0);
    let correction = ((n + 1.0 - 2.0 * h + h * (h - 1.0) / n) / n).sqrt();
    let statistic = correction * error.mean / error.standard_error;
    let (p_better, p_two_sided) = p_values(statistic, n - 1.0);
    Ok(DieboldMariano { mean: error.mean, statistic, p_better, p_two_sided, origins })
}

/// That a test over so many origins can say anything: `2 (lag + 2)` of them, 8 where no targets overlap.
///
/// # Errors
/// [`Error::TooFew`].
pub(super) fn check_origins(origins: usize, overlap: usize) -> Result<()> {
    let enough = |n: &usize| *n >= 2 * (bandwidth(*n, overlap) + 2);
    match (origins..).find(enough) {
        Some(needed) if needed > origins => {
            Err(Error::TooFew { what: "origins to compare forecasters on", needed, found: origins })
        }
        _ => Ok(()),
    }
}

/// How many later origins' targets may overlap an origin's target.
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
    fn without_overlap_by_hand() {
        // Mean -2, deviations 1 four times and -1 four times; lag 2. g_0 = 1, g_1 = (3 - 1 + 3)/8, g_2 = (2 - 2 + 2)/8;
        // v = (1 + 2 (2/3 * 5/8 + 1/3 * 2/8))/8 = 1/4: S = -4. h = 1: correction sqrt(7/8).
        let test = diebold_mariano(&[-1.0, -1.0, -1.0, -1.0, -3.0, -3.0, -3.0, -3.0], 0).unwrap();
        assert_eq!((test.mean, test.origins), (-2.0, 8));
        assert!((test.statistic + 14f64.sqrt()).abs() < 1e-12, "{}", test.statistic);
        // Student's t has a closed form for 7 degrees of freedom, with a = atan(t / sqrt 7):
        // F(t) = 1/2 + (a + sin a (cos a + 2/3 cos^3 a + 8/15 cos^5 a)) / pi.
        let a = (test.statistic / 7f64.sqrt()).atan();
        let cosines = a.cos() + 2.0 / 3.0 * a.cos().powi(3) + 8.0 / 15.0 * a.cos().powi(5);
        let closed = 0.5 + (a + a.sin() * cosines) / std::f64::consts::PI;
        assert!((test.p_better - closed).abs() < 1e-9, "{} {closed}", test.p_better);
        assert!((test.p_two_sided - 2.0 * closed).abs() < 1e-9);
    }

    #[test]
    fn with_overlap_by_hand() {
        // Mean 2, deviations 1 five times and -1 five times; lag 3. g_1 = 7/10, g_2 = 4/10, g_3 = 1/10;
        // v = (1 + 2 (3/4 * 7/10 + 1/2 * 4/10 + 1/4 * 1/10))/10 = 1/4: S = 4. h = 2: correction sqrt(7.2/10).
        let test = diebold_mariano(&[3.0, 3.0, 3.0, 3.0, 3.0, 1.0, 1.0, 1.0, 1.0, 1.0], 1).unwrap();
        assert!((test.statistic - 4.0 * 0.72f64.sqrt()).abs() < 1e-12, "{}", test.statistic);
        assert!(test.p_better > 0.99);
    }

    #[test]
    fn itself_and_a_constant_advantage() {
        let same = diebold_mariano(&[0.0; 8], 0).unwrap();
        assert_eq!((same.p_better, same.p_two_sided), (1.0, 1.0));
        let better = diebold_mariano(&[-0.5; 10], 1).unwrap();
        assert_eq!((better.p_better, better.p_two_sided), (0.0, 0.0));
        assert_eq!(diebold_mariano(&[0.5; 10], 1).unwrap().p_better, 1.0);
    }

    #[test]
    fn too_few_origins_are_an_error() {
        assert!(matches!(diebold_mariano(&[0.1; 3], 0), Err(Error::TooFew { needed: 8, found: 3, .. })));
        assert!(matches!(diebold_mariano(&[0.1; 9], 1), Err(Error::TooFew { needed: 10, .. })));
        assert!(matches!(diebold_mariano(&[0.1; 13], 2), Err(Error::TooFew { needed: 14, .. })));
        let missing = [0.1, f64::NAN, 0.0, 0.2, 0.1, 0.3, 0.0, 0.1];
        assert!(matches!(diebold_mariano(&missing, 0), Err(Error::NotFinite { row: 1, .. })));
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

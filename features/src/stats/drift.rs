//! How far a distribution has moved.

use super::Sample;

/// Into how many bins of equal share the values that models learn from are cut.
const BINS: usize = 10;

/// The population stability index of recent values against those that models learn from.
///
/// `sum (r - t) ln(r / t)` over bins, `t` and `r` the shares of rows in them: ten bins between the deciles of the training
/// values (fewer where deciles coincide), and one of missing values. Half a row is added to each bin, so that empty ones
/// do not make it infinite.
///
/// # Units
/// None: 0 for equal shares. The usual reading is: below 0.1 no drift to speak of, above 0.25 much. By chance alone it is
/// about `bins (1 / recent + 1 / training)` of the numbers of rows.
///
/// # Missing values
/// NaN when either has no rows, or no training row has a value.
///
/// # Source
/// Siddiqi, *Credit Risk Scorecards* (2006); Yurdakul, *Statistical Properties of Population Stability Index* (2018).
///
/// ```
/// use weekahead_features::stats::{Sample, population_stability_index};
/// let values = |shift: i32| Sample::new((0..1_000).map(|i| (i + shift) as f32));
/// assert_eq!(population_stability_index(&values(0), &values(0)), 0.0);
/// assert!(population_stability_index(&values(0), &values(500)) > 1.0);
/// ```
pub fn population_stability_index(training: &Sample, recent: &Sample) -> f64 {
    if training.values() == 0 || recent.rows() == 0 {
        return f64::NAN;
    }
    let mut bounds: Vec<f64> = (1..BINS).map(|i| training.quantile(i as f64 / BINS as f64)).collect();
    bounds.dedup();
    let (training, recent) = (shares(training, &bounds), shares(recent, &bounds));
    training.iter().zip(&recent).map(|(t, r)| (r - t) * (r / t).ln()).sum()
}

/// The shares of rows up to each bound, behind the last one, and without a value.
fn shares(sample: &Sample, bounds: &[f64]) -> Vec<f64> {
    let mut counts = Vec::with_capacity(bounds.len() + 2);
    let mut before = 0;
    for bound in bounds {
        let up_to = sample.up_to(*bound);
        counts.push(up_to - before);
        before = up_to;
    }
    counts.push(sample.values() - before);
    counts.push(sample.missing());
    let whole = sample.rows() as f64 + 0.5 * counts.len() as f64;
    counts.into_iter().map(|count| (count as f64 + 0.5) / whole).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A flag that was set in half of the rows and is set in three quarters. The deciles are 0, 0.5 and 1: bins up to each of
    /// them, above, and without a value. With half a row in each, shares are of 202.5.
    #[test]
    fn by_hand() {
        let flags = |set: usize| Sample::new((0..200).map(|i| if i < set { 1.0 } else { 0.0 }));
        let terms = (50.5 - 100.5) * (50.5_f64 / 100.5).ln() + (150.5 - 100.5) * (150.5_f64 / 100.5).ln();
        let found = population_stability_index(&flags(100), &flags(150));
        assert!((found - terms / 202.5).abs() < 1e-12, "{found}");
    }

    #[test]
    fn values_that_go_missing_are_drift() {
        let all = Sample::new((0..100).map(|i| i as f32));
        let half = Sample::new((0..100).map(|i| if i % 2 == 0 { i as f32 } else { f32::NAN }));
        assert!(population_stability_index(&all, &half) > 0.25);
    }

    #[test]
    fn without_rows_there_is_no_drift_to_tell() {
        let some = Sample::new([1.0, 2.0]);
        let (none, missing) = (Sample::new([]), Sample::new([f32::NAN]));
        assert!(population_stability_index(&some, &none).is_nan());
        assert!(population_stability_index(&missing, &some).is_nan());
        assert!(population_stability_index(&some, &missing).is_finite());
    }
}

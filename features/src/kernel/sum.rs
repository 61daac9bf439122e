//! Rolling sum and mean.

use super::double_double::DoubleDouble;
use super::present;
use super::ring::Ring;

/// A running sum that has shrunk this much since it was last taken from the window is taken again: what its
/// rounding has left behind is then still below 2^-80 of it.
pub(super) const SHRINKAGE: f64 = 1_048_576.0;

/// `Sum(x, n)` and `Mean(x, n)`: the sum of the last n values in double-double arithmetic.
///
/// Equal to the exact sum, rounded once, but for a relative error below 2^-80 over twenty years of sessions,
/// whatever the values before the window were; exact when all values in the window are equal.
///
/// # Missing values
/// Missing until n values in a row are there.
///
/// ```
/// let mut sum = weekahead_features::kernel::Sum::new(2);
/// let sums: Vec<f64> = [1.0, 2.0, 5.0].into_iter().map(|x| sum.push(x)).collect();
/// assert!(sums[0].is_nan());
/// assert_eq!(sums[1..], [3.0, 7.0]);
/// ```
#[derive(Debug, Clone)]
pub struct Sum {
    ring: Ring,
    total: DoubleDouble,
    /// The largest magnitude of the total since it was last taken from the window.
    peak: f64,
}

impl Sum {
    /// Sums the last `window` values.
    pub fn new(window: usize) -> Self {
        Self { ring: Ring::new(window), total: DoubleDouble::ZERO, peak: 0.0 }
    }

    /// Takes a value and gives the sum.
    pub fn push(&mut self, value: f64) -> f64 {
        let window = self.ring.window() as f64;
        self.result(value, |total| total, |same| same * window)
    }

    /// Takes a value and gives the mean.
    pub fn push_mean(&mut self, value: f64) -> f64 {
        let window = self.ring.window() as f64;
        self.result(value, |total| total / window, |same| same)
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        self.ring.clear();
        (self.total, self.peak) = (DoubleDouble::ZERO, 0.0);
    }

    fn result(&mut self, value: f64, of_total: impl Fn(f64) -> f64, of_same: impl Fn(f64) -> f64) -> f64 {
        if !value.is_finite() {
            self.reset();
            return f64::NAN;
        }
        self.advance(value);
        match (self.ring.is_full(), self.ring.is_uniform()) {
            (false, _) => f64::NAN,
            (true, true) => present(of_same(value)),
            (true, false) => present(of_total(self.total.value())),
        }
    }

    fn advance(&mut self, value: f64) {
        let oldest = self.ring.push(value).unwrap_or(0.0);
        self.total = self.total.plus(value).plus(-oldest);
        let size = self.total.value().abs();
        self.peak = self.peak.max(size);
        if !size.is_finite() || size * SHRINKAGE < self.peak {
            self.total = self.ring.iter().fold(DoubleDouble::ZERO, DoubleDouble::plus);
            self.peak = self.total.value().abs();
        }
    }
}

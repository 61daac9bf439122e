//! Rolling sum and mean.

use super::double_double::DoubleDouble;
use super::present;
use super::ring::Ring;

/// When the magnitude of a window has shrunk this much since its running sum was last taken from it, the sum is
/// taken again: what rounding has left behind in twenty years is then still below 2^-70 of the magnitude. A shrink
/// needs a large value to come and go, so that it costs O(1) a step all the same.
pub(super) const SHRINKAGE: f64 = 1_048_576.0;

/// `Sum(x, n)` and `Mean(x, n)`: the sum of the last n values in double-double arithmetic.
///
/// The error is below 2^-70 of the sum of magnitudes over twenty years of sessions, whatever the values before the
/// window were, and then one rounding; a mean is exact when all values in the window are equal.
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
    /// The sum of magnitudes, roughly, and its largest value since the total was last taken from the window.
    size: f64,
    peak: f64,
}

impl Sum {
    /// Sums the last `window` values.
    pub fn new(window: usize) -> Self {
        Self { ring: Ring::new(window), total: DoubleDouble::ZERO, size: 0.0, peak: 0.0 }
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
        (self.total, self.size, self.peak) = (DoubleDouble::ZERO, 0.0, 0.0);
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
        self.size += value.abs() - oldest.abs();
        self.peak = self.peak.max(self.size);
        if !self.size.is_finite() || self.size * SHRINKAGE < self.peak {
            self.total = self.ring.iter().fold(DoubleDouble::ZERO, DoubleDouble::plus);
            self.size = self.ring.iter().map(f64::abs).sum();
            self.peak = self.size;
        }
    }
}

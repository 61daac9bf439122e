//! Some values of a feature, sorted.

use crate::kernel::Place;

/// Values of a feature, of any rows.
///
/// # Missing values
/// Values that are not finite are counted, and left out of everything else. Statistics of no values are NaN.
///
/// ```
/// use weekahead_features::stats::Sample;
/// let sample = Sample::new([4.0, f32::NAN, 1.0, 3.0]);
/// assert_eq!((sample.rows(), sample.null_rate()), (4, 0.25));
/// assert_eq!(sample.quantile(0.5), 3.0);
/// assert_eq!(sample.quantile(0.25), 2.0);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    sorted: Vec<f32>,
    rows: usize,
}

impl Sample {
    /// Takes one value a row.
    pub fn new(values: impl IntoIterator<Item = f32>) -> Self {
        let mut rows = 0;
        let finite = values.into_iter().inspect(|_| rows += 1).filter(|value| value.is_finite());
        let mut sorted: Vec<f32> = finite.collect();
        sorted.sort_unstable_by(f32::total_cmp);
        Self { sorted, rows }
    }

    /// How many rows it is of, those without a value included.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The share of rows without a value; NaN without rows.
    pub fn null_rate(&self) -> f64 {
        self.missing() as f64 / self.rows as f64
    }

    /// The mean.
    pub fn mean(&self) -> f64 {
        let sum: f64 = self.sorted.iter().map(|value| f64::from(*value)).sum();
        sum / self.sorted.len() as f64
    }

    /// The standard deviation, n - 1; NaN for a single value.
    pub fn std(&self) -> f64 {
        if self.sorted.len() < 2 {
            return f64::NAN;
        }
        let mean = self.mean();
        let squares: f64 = self.sorted.iter().map(|value| (f64::from(*value) - mean).powi(2)).sum();
        (squares / (self.sorted.len() as f64 - 1.0)).sqrt()
    }

    /// The quantile of a level in 0..=1, interpolated linearly between the two nearest values.
    ///
    /// # Source
    /// numpy's `quantile`.
    pub fn quantile(&self, level: f64) -> f64 {
        if self.sorted.is_empty() {
            return f64::NAN;
        }
        let place = Place::of(level.clamp(0.0, 1.0), self.sorted.len());
        place.between(|at| f64::from(self.sorted[at]))
    }

    /// How many rows have no value.
    pub(super) fn missing(&self) -> usize {
        self.rows - self.sorted.len()
    }

    /// How many values there are up to and including a bound.
    pub(super) fn up_to(&self, bound: f64) -> usize {
        self.sorted.partition_point(|value| f64::from(*value) <= bound)
    }

    pub(super) fn values(&self) -> usize {
        self.sorted.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of 2, 4, 4, 4, 5, 5, 7, 9 the mean is 5 and the sum of squares 32.
    #[test]
    fn statistics_by_hand() {
        let sample = Sample::new([9.0, 2.0, 4.0, 4.0, f32::INFINITY, 4.0, 5.0, 5.0, 7.0, f32::NAN]);
        assert_eq!((sample.rows(), sample.null_rate(), sample.mean()), (10, 0.2, 5.0));
        assert!((sample.std() - (32.0_f64 / 7.0).sqrt()).abs() < 1e-15);
        assert_eq!((sample.quantile(0.0), sample.quantile(1.0), sample.quantile(0.5)), (2.0, 9.0, 4.5));
    }

    #[test]
    fn of_nothing_there_is_nothing_to_say() {
        let empty = Sample::new([]);
        let missing = Sample::new([f32::NAN]);
        assert_eq!(missing.null_rate(), 1.0);
        for value in [empty.null_rate(), empty.mean(), empty.std(), missing.mean(), missing.quantile(0.5)] {
            assert!(value.is_nan());
        }
    }
}

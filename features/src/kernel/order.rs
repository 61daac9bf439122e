//! Order statistics over a window: `Quantile`, `Med`, `Rank`; and `Mad`.

/// The values of a window in order, with a count of the missing ones.
///
/// One step costs two binary searches and one move of at most the whole window.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sorted {
    values: Vec<f64>,
    missing: usize,
}

impl Sorted {
    /// Starts from the values of a window.
    pub(crate) fn fill(&mut self, values: &[f64]) {
        self.values.clear();
        self.values.extend(values.iter().copied().filter(|value| !value.is_nan()));
        self.missing = values.len() - self.values.len();
        self.values.sort_unstable_by(f64::total_cmp);
    }

    /// Takes a value in.
    pub(crate) fn insert(&mut self, value: f64) {
        if value.is_nan() {
            self.missing += 1;
        } else {
            self.values.insert(self.below(value), value);
        }
    }

    /// Lets a value go that was taken in.
    pub(crate) fn remove(&mut self, value: f64) {
        if value.is_nan() {
            self.missing -= 1;
        } else {
            self.values.remove(self.below(value));
        }
    }

    /// The quantile, interpolated linearly between the two nearest values; missing when a value is.
    pub(crate) fn quantile(&self, level: f64) -> f64 {
        if self.missing > 0 || self.values.is_empty() {
            return f64::NAN;
        }
        let place = level * (self.values.len() - 1) as f64;
        let (low, share) = (place.floor(), place.fract());
        let value = self.values[low as usize];
        // Adding 0 makes one zero of the two.
        if share == 0.0 { value + 0.0 } else { value + (self.values[low as usize + 1] - value) * share }
    }

    /// The rank of a value of the window as a share of its length; equal values share the mean of their ranks.
    pub(crate) fn rank(&self, value: f64) -> f64 {
        if self.missing > 0 {
            return f64::NAN;
        }
        let below = self.below(value);
        let equal = self.values[below..].partition_point(|other| *other <= value);
        (below as f64 + (equal as f64 + 1.0) / 2.0) / self.values.len() as f64
    }

    fn below(&self, value: f64) -> usize {
        self.values.partition_point(|other| *other < value)
    }
}

/// The mean absolute deviation of a window's values from their mean.
pub(crate) fn mean_deviation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let first = values[0];
    let mean = first + values.iter().map(|value| value - first).sum::<f64>() / n;
    values.iter().map(|value| (value - mean).abs()).sum::<f64>() / n
}

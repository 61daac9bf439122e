//! Order statistics over a window: `Quantile`, `Med`, `Rank`; and `Mad`.

/// Up to this many values, all of them are compared, several at once, which is quicker than a search.
const COUNTED: usize = 128;

/// The values of a window in order, with a count of the missing ones.
///
/// One step costs two searches and a move of the values between the one that goes and the one that comes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sorted {
    values: Vec<f64>,
    missing: usize,
    /// How many values are less than the newest.
    newest: usize,
}

impl Sorted {
    /// Starts from the values of a window.
    pub(crate) fn fill(&mut self, values: &[f64]) {
        self.values.clear();
        self.values.extend(values.iter().copied().filter(|value| !value.is_nan()));
        self.missing = values.len() - self.values.len();
        self.values.sort_unstable_by(f64::total_cmp);
        self.newest = values.last().map_or(0, |newest| self.below(*newest));
    }

    /// Lets the oldest value go and takes a new one in.
    #[inline(always)]
    pub(crate) fn slide(&mut self, old: f64, new: f64) {
        if self.missing > 0 || new.is_nan() {
            self.remove(old);
            self.insert(new);
            return;
        }
        let (from, to) = (self.below(old), self.below(new));
        // What lies between moves over by one.
        if to > from {
            self.values.copy_within(from + 1..to, from);
            self.values[to - 1] = new;
            self.newest = to - 1;
        } else {
            self.values.copy_within(to..from, to + 1);
            self.values[to] = new;
            self.newest = to;
        }
    }

    /// The value at a place between two of the window; missing when one of the window is.
    #[inline(always)]
    pub(crate) fn at(&self, place: Place) -> f64 {
        if self.missing > 0 {
            return f64::NAN;
        }
        place.between(|at| self.values[at])
    }

    /// The rank of the newest value as a share of the window's length; equal values share the mean of their ranks.
    #[inline(always)]
    pub(crate) fn rank(&self) -> f64 {
        if self.missing > 0 {
            return f64::NAN;
        }
        let from_newest = &self.values[self.newest..];
        let equal = from_newest.iter().take_while(|other| **other <= from_newest[0]).count();
        (self.newest as f64 + (equal as f64 + 1.0) / 2.0) / self.values.len() as f64
    }

    fn insert(&mut self, value: f64) {
        if value.is_nan() {
            self.missing += 1;
        } else {
            self.newest = self.below(value);
            self.values.insert(self.newest, value);
        }
    }

    fn remove(&mut self, value: f64) {
        if value.is_nan() {
            self.missing -= 1;
        } else {
            self.values.remove(self.below(value));
        }
    }

    #[inline(always)]
    fn below(&self, value: f64) -> usize {
        if self.values.len() <= COUNTED {
            self.values.iter().map(|other| usize::from(*other < value)).sum()
        } else {
            self.values.partition_point(|other| *other < value)
        }
    }
}

/// Where a quantile lies in a window in order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    low: usize,
    /// How far it is from there to the next value.
    share: f64,
}

impl Place {
    /// Of the quantile of a level in a window of n values, interpolated linearly between the two nearest.
    pub(crate) fn of(level: f64, n: usize) -> Self {
        let place = level * (n - 1) as f64;
        Self { low: place.floor() as usize, share: place.fract() }
    }

    /// The quantile, of the values in order.
    #[inline(always)]
    pub(crate) fn between(self, value: impl Fn(usize) -> f64) -> f64 {
        let low = value(self.low);
        // Adding 0 makes one zero of the two.
        if self.share == 0.0 { low + 0.0 } else { low + (value(self.low + 1) - low) * self.share }
    }
}

/// The mean absolute deviation of a window's values from their mean.
pub(crate) fn mean_deviation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let first = values[0];
    let mean = first + values.iter().map(|value| value - first).sum::<f64>() / n;
    values.iter().map(|value| (value - mean).abs()).sum::<f64>() / n
}

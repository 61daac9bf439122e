//! Order statistics over a window: `Quantile`, `Med`, `Rank`; and `Mad`.

use super::lanes::{Lanes, padded};

/// Up to this many values all are looked at, several at once, which is quicker than a search and a move.
const SWEPT: usize = 128;

/// The values of a window in order, with a count of the missing ones.
///
/// # Layout
/// Below the values lies negative infinity; missing values are infinite, and so is all behind the values: whole
/// registers of them and one more. Values themselves are finite.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sorted {
    values: Vec<f64>,
    window: usize,
    missing: usize,
    /// How many values are less than the newest.
    newest: usize,
}

impl Sorted {
    /// Starts from the values of a window.
    pub(crate) fn fill(&mut self, values: &[f64]) {
        self.window = values.len();
        self.missing = values.iter().filter(|value| value.is_nan()).count();
        self.values.clear();
        self.values.push(f64::NEG_INFINITY);
        self.values.extend(values.iter().copied().map(ordered));
        self.values.sort_unstable_by(f64::total_cmp);
        self.values.resize(padded(self.window) + 2, f64::INFINITY);
        self.newest = values.last().map_or(0, |newest| self.below(ordered(*newest)));
    }

    /// Lets the oldest value go and takes a new one in.
    #[inline(always)]
    pub(crate) fn slide(&mut self, old: f64, new: f64) {
        self.missing = self.missing + usize::from(new.is_nan()) - usize::from(old.is_nan());
        let (old, new) = (ordered(old), ordered(new));
        if self.window <= SWEPT { self.sweep(old, new) } else { self.shift(old, new) }
    }

    /// The value at a place between two of the window; missing when one of the window is.
    #[inline(always)]
    pub(crate) fn at(&self, place: Place) -> f64 {
        if self.missing > 0 {
            return f64::NAN;
        }
        place.between(|at| self.values[at + 1])
    }

    /// The rank of the newest value as a share of the window's length; equal values share the mean of their ranks.
    #[inline(always)]
    pub(crate) fn rank(&self) -> f64 {
        if self.missing > 0 {
            return f64::NAN;
        }
        let from_newest = &self.values[self.newest + 1..];
        let equal = from_newest.iter().take_while(|other| **other <= from_newest[0]).count();
        (self.newest as f64 + (equal as f64 + 1.0) / 2.0) / self.window as f64
    }

    /// Every place by itself: its value and its neighbours say what it holds next, without a branch.
    #[inline(always)]
    fn sweep(&mut self, old: f64, new: f64) {
        let (mut below, mut newest) = (self.values[0], [0; Lanes::COUNT]);
        for at in (1..=self.window).step_by(Lanes::COUNT) {
            let Some(&[a, b, c, d, above]) = self.values[at..].first_chunk() else { break };
            let (under, here, over) = (Lanes([below, a, b, c]), Lanes([a, b, c, d]), Lanes([b, c, d, above]));
            // Without the old value, one place below and here.
            let left = under.zip(here, |under, here| if under < old { under } else { here });
            let rest = here.zip(over, |here, over| if here < old { here } else { over });
            let with = rest.zip(left, |rest, left| {
                let new = if left < new { new } else { left };
                if rest < new { rest } else { new }
            });
            for (newest, rest) in newest.iter_mut().zip(rest.0) {
                *newest += u64::from(rest < new);
            }
            self.values[at..at + Lanes::COUNT].copy_from_slice(&with.0);
            below = d;
        }
        self.newest = newest.iter().sum::<u64>() as usize;
    }

    /// Finds both values, and moves over by one what lies between.
    fn shift(&mut self, old: f64, new: f64) {
        let (from, to) = (self.below(old), self.below(new));
        let values = &mut self.values[1..];
        self.newest = if to > from {
            values.copy_within(from + 1..to, from);
            to - 1
        } else {
            values.copy_within(to..from, to + 1);
            to
        };
        values[self.newest] = new;
    }

    fn below(&self, value: f64) -> usize {
        self.values[1..=self.window].partition_point(|other| *other < value)
    }
}

/// Missing values behind all others.
#[inline(always)]
fn ordered(value: f64) -> f64 {
    if value.is_nan() { f64::INFINITY } else { value }
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

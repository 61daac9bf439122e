//! Exponentially weighted mean over a finite window.

use super::double_double::DoubleDouble;
use super::present;
use super::ring::Ring;
use super::sum::SHRINKAGE;

/// The weight at which the tail is cut.
const CUT: f64 = 1e-6;

/// `EMA(x, n)`: the exponentially weighted mean of span n over the last L values.
///
/// `sum(d^i x_{t-i}) / sum(d^i)` for i in `0..L`, with `d = 1 - 2 / (n + 1)` and L the least for which
/// `d^L <= 1e-6` ([`Ema::length`]). The window is finite so that the value depends on L sessions and nothing
/// before them. It differs from pandas' `ewm(span=n, adjust=True)` over all history by less than 1e-6 of the range
/// of the values, once L values are there.
///
/// # Missing values
/// Missing until L values in a row are there.
///
/// # Source
/// pandas `ewm(span, adjust=True)`, which Qlib's `EMA` uses; the cut is Qlib's own for its look-back.
///
/// ```
/// use weekahead_features::kernel::Ema;
/// assert_eq!(Ema::length(3), 20); // 0.5^20 < 1e-6
/// let mut ema = Ema::new(3);
/// let last = (0..20).map(|i| ema.push(f64::from(i))).last().unwrap();
/// assert!((last - 18.0).abs() < 1e-4); // the mean age of the values is 1
/// ```
#[derive(Debug, Clone)]
pub struct Ema {
    ring: Ring,
    weighted: DoubleDouble,
    /// The weighted sum of magnitudes over all history: where the weighted sum has become small beside it, large
    /// values have left the window, and the sum is taken anew.
    tail: f64,
    decay: f64,
    /// The weight of the value that falls out, `decay^L`.
    last_weight: DoubleDouble,
    total_weight: f64,
}

impl Ema {
    /// Weighs by span `span`: the mean age of the values is (span - 1) / 2.
    pub fn new(span: usize) -> Self {
        let (decay, length) = (decay(span), Self::length(span));
        let (mut last_weight, mut total) = (DoubleDouble::ZERO.plus(1.0), DoubleDouble::ZERO);
        for _ in 0..length {
            total = total.plus_wide(last_weight);
            last_weight = last_weight.times(decay);
        }
        let total_weight = total.value();
        let (ring, weighted) = (Ring::new(length), DoubleDouble::ZERO);
        Self { ring, weighted, tail: 0.0, decay, last_weight, total_weight }
    }

    /// How many values a mean of span `span` covers: about 6.9 spans.
    pub fn length(span: usize) -> usize {
        let (decay, mut weight, mut length) = (decay(span), decay(span), 1);
        while weight > CUT {
            weight *= decay;
            length += 1;
        }
        length
    }

    /// Takes a value and gives the mean.
    pub fn push(&mut self, value: f64) -> f64 {
        if !value.is_finite() {
            self.reset();
            return f64::NAN;
        }
        self.advance(value);
        match (self.ring.is_full(), self.ring.is_uniform()) {
            (false, _) => f64::NAN,
            (true, true) => value,
            (true, false) => present(self.weighted.value() / self.total_weight),
        }
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        self.ring.clear();
        (self.weighted, self.tail) = (DoubleDouble::ZERO, 0.0);
    }

    fn advance(&mut self, value: f64) {
        let gone = self.ring.push(value).map_or(DoubleDouble::ZERO, |oldest| self.last_weight.times(oldest));
        self.weighted = self.weighted.times(self.decay).plus(value).minus_wide(gone);
        self.tail = self.tail * self.decay + value.abs();
        let size = self.weighted.value().abs();
        if !size.is_finite() || size * SHRINKAGE < self.tail {
            (self.weighted, self.tail) = (DoubleDouble::ZERO, 0.0);
            for value in self.ring.iter() {
                self.weighted = self.weighted.times(self.decay).plus(value);
                self.tail = self.tail * self.decay + value.abs();
            }
        }
    }
}

fn decay(span: usize) -> f64 {
    1.0 - 2.0 / (span.max(1) as f64 + 1.0)
}

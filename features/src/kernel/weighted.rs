//! Weighted means: `WMA`, `EMA`.

use super::WindowOp;
use super::lanes::Lanes;
use super::summary::{Lengths, Summary};

/// The sum of a run, and the sum with weights 1 (oldest) to n.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Linear;

impl Summary<2> for Linear {
    #[inline(always)]
    fn of(&self, x: Lanes, _: Lanes) -> [Lanes; 2] {
        [x, x]
    }

    #[inline(always)]
    fn join(&self, older: [Lanes; 2], newer: [Lanes; 2], lengths: &Lengths) -> [Lanes; 2] {
        [older[0] + newer[0], older[1] + newer[1] + newer[0] * lengths.older]
    }

    /// Qlib's mean of the weighted values, whose weights add up to 1 already: the weighted mean over n once more.
    #[inline(always)]
    fn finish(&self, _: WindowOp, n: f64, [_, sum]: [Lanes; 2]) -> Lanes {
        sum.map(|sum| sum * 2.0 / (n * (n + 1.0)) / n)
    }
}

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
#[derive(Debug, Clone, Copy)]
pub struct Ema {
    decay: f64,
    /// The sum of the weights.
    weight: f64,
}

impl Ema {
    /// Weighs by span `span`: the mean age of the values is (span - 1) / 2.
    pub(crate) fn new(span: usize) -> Self {
        let decay = decay(span);
        let length = Self::length(span) as i32;
        Self { decay, weight: (1.0 - decay.powi(length)) / (1.0 - decay) }
    }

    /// How many values a mean of span `span` covers: about 6.9 spans.
    ///
    /// ```
    /// assert_eq!(weekahead_features::kernel::Ema::length(3), 20); // 0.5^20 < 1e-6
    /// ```
    pub fn length(span: usize) -> usize {
        let decay = decay(span);
        let (mut weight, mut length) = (decay, 1);
        while weight > CUT {
            weight *= decay;
            length += 1;
        }
        length
    }

    /// How much less a value weighs than the next one.
    pub(super) fn decay(self) -> f64 {
        self.decay
    }
}

fn decay(span: usize) -> f64 {
    1.0 - 2.0 / (span.max(1) as f64 + 1.0)
}

/// The newest value, and the weighted sum of differences from it.
impl Summary<2> for Ema {
    #[inline(always)]
    fn of(&self, x: Lanes, _: Lanes) -> [Lanes; 2] {
        [x, x.zero()]
    }

    #[inline(always)]
    fn join(&self, [ox, oa]: [Lanes; 2], [nx, na]: [Lanes; 2], lengths: &Lengths) -> [Lanes; 2] {
        [nx, na + (oa + (ox - nx) * lengths.weight) * lengths.decay]
    }

    #[inline(always)]
    fn finish(&self, _: WindowOp, _: f64, [newest, off]: [Lanes; 2]) -> Lanes {
        newest + off.map(|off| off / self.weight)
    }
}

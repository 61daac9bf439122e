//! Sums: `Sum`, `Mean`, `Count`.

use super::WindowOp;
use super::lanes::Lanes;
use super::summary::{Lengths, Summary};
use crate::expr::RollingOp;

/// The sum of a run, added pairwise: the error is below log2(n) roundings of the sum of magnitudes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Total;

impl Summary<1> for Total {
    #[inline(always)]
    fn of(&self, x: Lanes, _: Lanes) -> [Lanes; 1] {
        [x]
    }

    #[inline(always)]
    fn join(&self, [older]: [Lanes; 1], [newer]: [Lanes; 1], _: &Lengths) -> [Lanes; 1] {
        [older + newer]
    }

    #[inline(always)]
    fn finish(&self, op: WindowOp, n: f64, [sum]: [Lanes; 1]) -> Lanes {
        if op == WindowOp::Rolling(RollingOp::Mean) { sum.map(|sum| sum / n) } else { sum }
    }
}

/// How many values of a run are there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Present;

impl Summary<1> for Present {
    #[inline(always)]
    fn of(&self, x: Lanes, _: Lanes) -> [Lanes; 1] {
        [x.map(|x| if x.is_nan() { 0.0 } else { 1.0 })]
    }

    #[inline(always)]
    fn join(&self, [older]: [Lanes; 1], [newer]: [Lanes; 1], _: &Lengths) -> [Lanes; 1] {
        [older + newer]
    }

    #[inline(always)]
    fn finish(&self, _: WindowOp, _: f64, [count]: [Lanes; 1]) -> Lanes {
        count
    }
}

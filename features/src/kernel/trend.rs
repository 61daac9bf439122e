//! The least-squares line over a window: `Slope`, `Rsquare`, `Resi`.

use super::WindowOp;
use super::lanes::Lanes;
use super::moments::gap;
use super::summary::{Lengths, Summary};
use crate::expr::RollingOp;

/// Newest value, sum of differences from it, sum of squares about the mean, sum of products with the time about both means.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trend;

impl Summary<4> for Trend {
    #[inline(always)]
    fn of(&self, x: Lanes, _: Lanes) -> [Lanes; 4] {
        let zero = x.zero();
        [x, zero, zero, zero]
    }

    #[inline(always)]
    fn join(&self, older: [Lanes; 4], newer: [Lanes; 4], lengths: &Lengths) -> [Lanes; 4] {
        let ([ox, oa, om, oc], [nx, na, nm, nc]) = (older, newer);
        let (off, gap) = gap((ox, oa), (nx, na), lengths);
        // The runs' mean times lie half of both lengths apart.
        let product = oc + nc - gap * (lengths.older * lengths.newer / 2.0);
        [nx, off, om + nm + gap * gap * lengths.mix, product]
    }

    #[inline(always)]
    fn finish(&self, op: WindowOp, n: f64, [_, off, squares, product]: [Lanes; 4]) -> Lanes {
        match op {
            WindowOp::Rolling(RollingOp::Slope) => product.map(|product| slope(product, n)),
            WindowOp::Rolling(RollingOp::Resi) => off.zip(product, |off, product| residual(off, product, n)),
            _ => product.zip(squares, |product, squares| r_squared(product, squares, n)),
        }
    }
}

/// Of the sum of products: a window of n has the times' sum of squares `n (n^2 - 1) / 12`.
#[inline(always)]
fn slope(product: f64, n: f64) -> f64 {
    product * 12.0 / (n * (n * n - 1.0))
}

/// The share of the variance that the line explains; missing when there is none.
#[inline(always)]
fn r_squared(product: f64, squares: f64, n: f64) -> f64 {
    let share = slope(product, n) * product / squares;
    // Rounding may leave a little more than all; a missing share stays missing.
    if share > 1.0 { 1.0 } else { share }
}

/// The newest value less the line's: with the sum `off` of differences from the newest value.
#[inline(always)]
fn residual(off: f64, product: f64, n: f64) -> f64 {
    -off / n - slope(product, n) * (n - 1.0) / 2.0
}

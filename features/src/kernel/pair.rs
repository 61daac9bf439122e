//! Two inputs over one window: `Corr`, `Cov`.

use super::WindowOp;
use super::lanes::Lanes;
use super::moments::gap;
use super::summary::{Lengths, Summary};
use crate::expr::PairOp;

/// Of each input the newest value, the sum of differences from it and the sum of squares about the mean; then the sum of
/// products about both means.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair;

impl Summary<7> for Pair {
    #[inline(always)]
    fn of(&self, x: Lanes, y: Lanes) -> [Lanes; 7] {
        let (no_x, no_y) = (x.zero(), y.zero());
        [x, no_x, no_x, y, no_y, no_y, no_x + no_y]
    }

    #[inline(always)]
    fn join(&self, older: [Lanes; 7], newer: [Lanes; 7], lengths: &Lengths) -> [Lanes; 7] {
        let [ox, oxa, oxm, oy, oya, oym, oc] = older;
        let [nx, nxa, nxm, ny, nya, nym, nc] = newer;
        let (x_off, x_gap) = gap((ox, oxa), (nx, nxa), lengths);
        let (y_off, y_gap) = gap((oy, oya), (ny, nya), lengths);
        let xm = oxm + nxm + x_gap * x_gap * lengths.mix;
        let ym = oym + nym + y_gap * y_gap * lengths.mix;
        [nx, x_off, xm, ny, y_off, ym, oc + nc + x_gap * y_gap * lengths.mix]
    }

    #[inline(always)]
    fn finish(&self, op: WindowOp, n: f64, [_, _, xm, _, _, ym, products]: [Lanes; 7]) -> Lanes {
        if op == WindowOp::Pair(PairOp::Cov) {
            return products.map(|products| products / (n - 1.0));
        }
        let scale = xm.zip(ym, |xm, ym| xm.sqrt() * ym.sqrt());
        products.zip(scale, correlation)
    }
}

/// The correlation, of the sum of products and the root of the sums of squares; missing when an input does not vary.
#[inline(always)]
fn correlation(products: f64, scale: f64) -> f64 {
    (products / scale).clamp(-1.0, 1.0)
}

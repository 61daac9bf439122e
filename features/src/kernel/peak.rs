//! Extremes and where they are: `Max`, `Min`, `IdxMax`, `IdxMin`.

use super::WindowOp;
use super::lanes::Lanes;
use super::summary::{Lengths, Summary};

/// The greatest value, or the least one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extreme<const MAX: bool>;

impl<const MAX: bool> Summary<1> for Extreme<MAX> {
    #[inline(always)]
    fn of(&self, x: Lanes, _: Lanes) -> [Lanes; 1] {
        [x]
    }

    #[inline(always)]
    fn join(&self, [older]: [Lanes; 1], [newer]: [Lanes; 1], _: &Lengths) -> [Lanes; 1] {
        [newer.zip(older, |new, old| if takes_over::<MAX>(new, old) { new } else { old })]
    }

    #[inline(always)]
    fn finish(&self, _: WindowOp, _: f64, [best]: [Lanes; 1]) -> Lanes {
        best
    }
}

/// As [`Extreme`], with how many sessions before the newest it was; of equal ones the oldest counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peak<const MAX: bool>;

impl<const MAX: bool> Summary<2> for Peak<MAX> {
    #[inline(always)]
    fn of(&self, x: Lanes, _: Lanes) -> [Lanes; 2] {
        [x, Lanes::splat(0.0)]
    }

    #[inline(always)]
    fn join(&self, older: [Lanes; 2], newer: [Lanes; 2], lengths: &Lengths) -> [Lanes; 2] {
        let ([old, old_age], [new, new_age]) = (older, newer);
        let (mut best, mut age) = (old, old_age);
        for lane in 0..Lanes::COUNT {
            let newer = takes_over::<MAX>(new.0[lane], old.0[lane]);
            best.0[lane] = if newer { new.0[lane] } else { old.0[lane] };
            age.0[lane] = if newer { new_age.0[lane] } else { old_age.0[lane] + lengths.newer };
        }
        [best, age]
    }

    /// Places count from 1, the oldest value's.
    #[inline(always)]
    fn finish(&self, _: WindowOp, n: f64, [best, age]: [Lanes; 2]) -> Lanes {
        age.zip(best, |age, best| if best.is_nan() { best } else { n - age })
    }
}

/// Whether a newer value replaces an older one; a missing one on either side wins.
#[inline(always)]
fn takes_over<const MAX: bool>(new: f64, old: f64) -> bool {
    let beats = if MAX { new > old } else { new < old };
    beats | new.is_nan()
}

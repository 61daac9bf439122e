//! Four values side by side: what a vector register holds.

use std::ops::{Add, Mul, Sub};

/// Values of four neighbouring sessions. Every operation is that of `f64`, lane by lane: results do not depend on how
/// many sessions are computed at once, nor on the machine's vector width.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lanes(pub(crate) [f64; Self::COUNT]);

impl Lanes {
    pub(crate) const COUNT: usize = 4;

    #[inline(always)]
    pub(crate) fn splat(value: f64) -> Self {
        Self([value; Self::COUNT])
    }

    /// 0, missing where a value is.
    #[inline(always)]
    pub(crate) fn zero(self) -> Self {
        self.zip(self, |x, same| x - same)
    }

    #[inline(always)]
    pub(crate) fn map(self, f: impl Fn(f64) -> f64) -> Self {
        let [a, b, c, d] = self.0;
        Self([f(a), f(b), f(c), f(d)])
    }

    #[inline(always)]
    pub(crate) fn zip(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        let ([a, b, c, d], [w, x, y, z]) = (self.0, other.0);
        Self([f(a, w), f(b, x), f(c, y), f(d, z)])
    }
}

/// Sessions in whole registers.
pub(crate) fn padded(rows: usize) -> usize {
    rows.next_multiple_of(Lanes::COUNT)
}

impl Add for Lanes {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |x, y| x + y)
    }
}

impl Sub for Lanes {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |x, y| x - y)
    }
}

impl Mul for Lanes {
    type Output = Self;

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |x, y| x * y)
    }
}

impl Mul<f64> for Lanes {
    type Output = Self;

    #[inline(always)]
    fn mul(self, factor: f64) -> Self {
        self.map(|x| x * factor)
    }
}

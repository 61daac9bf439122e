//! Sums of twice the precision: an unevaluated sum of two floats holds 106 bits.
//!
//! # Source
//! Joldes, Muller, Popescu: Tight and rigorous error bounds for basic building blocks of double-word arithmetic,
//! ACM TOMS 44 (2017), algorithms 4, 6, 7 and 12 without fused multiply-add (Dekker's product).

/// A number as `high + low`, where `low` is below half a unit in the last place of `high`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct DoubleDouble {
    high: f64,
    low: f64,
}

impl DoubleDouble {
    pub(super) const ZERO: Self = Self { high: 0.0, low: 0.0 };

    /// The exact product of two floats.
    pub(super) fn product(a: f64, b: f64) -> Self {
        let high = a * b;
        let (a_high, a_low) = split(a);
        let (b_high, b_low) = split(b);
        let low = ((a_high * b_high - high) + a_high * b_low + a_low * b_high) + a_low * b_low;
        Self { high, low }
    }

    /// The nearest float.
    pub(super) fn value(self) -> f64 {
        self.high
    }

    pub(super) fn plus(self, value: f64) -> Self {
        let (sum, error) = two_sum(self.high, value);
        normal(sum, self.low + error)
    }

    pub(super) fn plus_wide(self, other: Self) -> Self {
        let (sum, error) = two_sum(self.high, other.high);
        let (low_sum, low_error) = two_sum(self.low, other.low);
        let first = normal(sum, error + low_sum);
        normal(first.high, low_error + first.low)
    }

    pub(super) fn minus_wide(self, other: Self) -> Self {
        self.plus_wide(Self { high: -other.high, low: -other.low })
    }

    pub(super) fn times(self, factor: f64) -> Self {
        let product = Self::product(self.high, factor);
        normal(product.high, self.low * factor + product.low)
    }

    pub(super) fn times_wide(self, other: Self) -> Self {
        let product = Self::product(self.high, other.high);
        normal(product.high, product.low + (self.high * other.low + self.low * other.high))
    }
}

/// The sum rounded, and what rounding took from it.
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let b_part = sum - a;
    (sum, (a - (sum - b_part)) + (b - b_part))
}

/// The same for a second part known to be the smaller one.
fn normal(high: f64, low: f64) -> DoubleDouble {
    let sum = high + low;
    DoubleDouble { high: sum, low: low - (sum - high) }
}

/// Two halves of 26 bits each.
fn split(value: f64) -> (f64, f64) {
    let scaled = value * 134_217_729.0;
    let high = scaled - (scaled - value);
    (high, value - high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_float_loses_is_kept() {
        let sum = DoubleDouble::ZERO.plus(1e16).plus(1.0).plus(-1e16);
        assert_eq!(sum.value(), 1.0);
        let square = DoubleDouble::product(1e8 + 1.0, 1e8 + 1.0);
        assert_eq!(square.plus(-1e16).plus(-2e8).value(), 1.0);
        assert_eq!(square.minus_wide(square), DoubleDouble::ZERO);
    }

    #[test]
    fn products_of_wide_numbers() {
        let third = DoubleDouble::product(1.0, 1.0 / 3.0).plus(2f64.powi(-54) / 3.0);
        assert_eq!(third.times(3.0).plus(-1.0).value(), 0.0);
        let near_one = DoubleDouble::ZERO.plus(1.0).plus(1e-20);
        assert_eq!(near_one.times_wide(near_one).plus(-1.0).value(), 2e-20);
    }
}

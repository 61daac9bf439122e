//! Undoing the split adjustment: from Yahoo's prices back to those that were traded.

use weekahead_market::Session;

/// The splits of an answer, and by how much a price before each is too low.
#[derive(Debug, Default)]
pub(super) struct Splits {
    /// Ex-sessions, increasing.
    sessions: Vec<Session>,
    /// Product of the ratios from this split to the last.
    products: Vec<f64>,
}

impl Splits {
    /// From (ex-session, new shares for one old) in any order.
    pub fn new(mut splits: Vec<(Session, f64)>) -> Self {
        splits.sort_by_key(|(session, _)| *session);
        let mut products: Vec<f64> = splits
            .iter()
            .rev()
            .scan(1.0, |product, (_, ratio)| {
                *product *= ratio;
                Some(*product)
            })
            .collect();
        products.reverse();
        Self { sessions: splits.into_iter().map(|(session, _)| session).collect(), products }
    }

    /// What a session's price has to be multiplied by: the product of all splits strictly after it.
    pub fn factor_after(&self, session: Session) -> f64 {
        let next = self.sessions.partition_point(|ex| *ex <= session);
        self.products.get(next).copied().unwrap_or(1.0)
    }
}

/// The price as it was traded, from Yahoo's split-adjusted one.
///
/// `price * factor`, freed of two kinds of dust, so that the same trade has the same digits, hence the same
/// content hash, whatever splits came later. Yahoo computes in single precision: 129.04 arrives as
/// `129.0399932861328`, which stands for the shortest decimal that is the same single-precision number. And a
/// product with a factor is off by the last bits: it is rounded to 12 digits, or, when it came from single
/// precision, to the hundredth of a cent if that is as near as single precision can tell.
pub(super) fn as_traded(price: f64, factor: f64) -> f64 {
    let single = f64::from(price as f32) == price;
    let clean = if single { shortest(price) } else { price };
    if factor == 1.0 {
        return clean;
    }
    let raw = clean * factor;
    let grid = (raw * 1e4).round() / 1e4;
    if single && (raw - grid).abs() <= raw.abs() * f64::from(f32::EPSILON) { grid } else { rounded(raw) }
}

/// The volume as it was traded; shares come whole, up to what a factor can spoil.
pub(super) fn volume_as_traded(volume: f64, factor: f64) -> f64 {
    if factor == 1.0 { volume } else { rounded(volume / factor) }
}

/// The shortest decimal that is the same number in single precision.
fn shortest(price: f64) -> f64 {
    // Prices in quarters are exact in both precisions: nothing to find.
    if (price * 4.0).fract() == 0.0 {
        return price;
    }
    (price as f32).to_string().parse().unwrap_or(price)
}

/// To 12 significant digits.
pub(super) fn rounded(value: f64) -> f64 {
    if !value.is_normal() {
        return value;
    }
    let digits = 11 - value.abs().log10().floor() as i32;
    // Powers of ten up to 22 are exact; nothing that is traded needs others.
    if !(0..=22).contains(&digits) {
        return value;
    }
    let scale = 10f64.powi(digits);
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(text: &str) -> Session {
        text.parse().unwrap()
    }

    #[test]
    fn only_later_splits_count() {
        let splits = Splits::new(vec![(session("2014-06-09"), 7.0), (session("2005-02-28"), 2.0)]);
        let factor = |day| splits.factor_after(session(day));
        assert_eq!(factor("2005-02-25"), 14.0);
        assert_eq!(factor("2005-02-28"), 7.0);
        assert_eq!(factor("2014-06-06"), 7.0);
        assert_eq!(factor("2014-06-09"), 1.0);
        assert_eq!(Splits::default().factor_after(session("2014-06-09")), 1.0);
    }

    #[test]
    fn single_precision_dust_is_removed() {
        assert_eq!(as_traded(129.0399932861328, 1.0), 129.04);
        assert_eq!(as_traded(73.72000122070312, 1.0), 73.72);
        assert_eq!(as_traded(112.0, 1.0), 112.0);
        // 499.23 before and after a four-for-one and a three-for-one split.
        assert_eq!(as_traded(f64::from(499.23f32), 1.0), 499.23);
        assert_eq!(as_traded(f64::from(124.8075f32), 4.0), 499.23);
        assert_eq!(as_traded(f64::from(166.41f32), 3.0), 499.23);
        assert_eq!(as_traded(f64::from((500.0f64 / 3.0) as f32), 3.0), 500.0);
    }

    #[test]
    fn double_precision_is_kept_to_twelve_digits() {
        assert_eq!(as_traded(101.25 / 7.0, 7.0), 101.25);
        assert_eq!(as_traded(12.345678901234, 1.0), 12.345678901234);
        assert_eq!(volume_as_traded(9_616_100.0 * 7.0, 7.0), 9_616_100.0);
        assert_eq!(volume_as_traded(5e9, 1.0), 5e9);
        for odd in [0.0, -0.0, 5e-324, 1e308, f64::INFINITY] {
            assert_eq!(rounded(odd), odd);
        }
        assert!(rounded(f64::NAN).is_nan());
    }
}

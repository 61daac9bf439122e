//! How far two columns of one feature are apart.

use weekahead_market::{Session, Symbol};

/// How much less than the relative tolerance is allowed on top, as a share of the feature's typical magnitude: a value
/// near zero is the difference of larger ones, and keeps their rounding.
const FLOOR_SHARE: f64 = 0.01;

/// A row of a feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Whose row it is.
    pub symbol: Symbol,
    /// Of which session.
    pub session: Session,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.symbol, self.session)
    }
}

/// The largest of many differences, and where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Not negative.
    pub value: f64,
    /// The first row that has it.
    pub place: Place,
}

/// How one feature compares: stored values with recomputed ones.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureComparison {
    /// The feature.
    pub name: String,
    /// Rows in which both sides have a value.
    pub rows: u64,
    /// Rows in which only the stored side has a value.
    pub only_stored: u64,
    /// Rows in which only the recomputed side has one.
    pub only_recomputed: u64,
    /// The first row that only one side has a value in.
    pub one_sided: Option<Place>,
    /// The largest `|stored - recomputed|`; none when all are equal.
    pub absolute: Option<Difference>,
    /// The largest `|stored - recomputed| / max(|stored|, |recomputed|)`.
    pub relative: Option<Difference>,
    /// The most by which a difference exceeds the relative tolerance alone, and where.
    pub excess: Option<Difference>,
    rtol: f64,
    log_magnitudes: f64,
    magnitudes: u64,
}

impl FeatureComparison {
    /// No rows yet; `rtol` is the relative tolerance.
    pub(super) fn new(name: &str, rtol: f64) -> Self {
        Self {
            name: name.to_owned(),
            rows: 0,
            only_stored: 0,
            only_recomputed: 0,
            one_sided: None,
            absolute: None,
            relative: None,
            excess: None,
            rtol,
            log_magnitudes: 0.0,
            magnitudes: 0,
        }
    }

    /// The geometric mean of the magnitudes that are not 0: outliers do not move it.
    pub fn typical_magnitude(&self) -> f64 {
        if self.magnitudes == 0 { 0.0 } else { (self.log_magnitudes / self.magnitudes as f64).exp() }
    }

    /// Whether the two sides differ: by more than the relative tolerance of the greater value, and more than a
    /// hundredth of that of the typical magnitude beyond it; or in whether there is a value.
    pub fn is_beyond_tolerance(&self) -> bool {
        let floor = self.rtol * FLOOR_SHARE * self.typical_magnitude();
        self.one_sided.is_some() || self.excess.as_ref().is_some_and(|excess| excess.value > floor)
    }

    /// Takes a row in: NaN is a missing value.
    pub(super) fn take(&mut self, stored: f32, recomputed: f32, place: impl FnOnce() -> Place) {
        match (stored.is_nan(), recomputed.is_nan()) {
            (true, true) => {}
            (false, false) => self.take_values(f64::from(stored), f64::from(recomputed), place),
            (stored_missing, _) => {
                self.only_stored += u64::from(!stored_missing);
                self.only_recomputed += u64::from(stored_missing);
                self.one_sided.get_or_insert_with(place);
            }
        }
    }

    fn take_values(&mut self, stored: f64, recomputed: f64, place: impl FnOnce() -> Place) {
        self.rows += 1;
        let magnitude = stored.abs().max(recomputed.abs());
        if magnitude > 0.0 && magnitude.is_finite() {
            self.log_magnitudes += magnitude.ln();
            self.magnitudes += 1;
        }
        if stored == recomputed {
            return;
        }
        let absolute = (stored - recomputed).abs();
        let excess = absolute - self.rtol * magnitude;
        let place = place();
        keep_largest(&mut self.absolute, absolute, &place);
        // Infinity against a number is as far apart as can be.
        keep_largest(
            &mut self.relative,
            if magnitude.is_finite() { absolute / magnitude } else { 1.0 },
            &place,
        );
        if excess > 0.0 || excess.is_nan() {
            keep_largest(&mut self.excess, if excess.is_nan() { f64::INFINITY } else { excess }, &place);
        }
    }
}

fn keep_largest(largest: &mut Option<Difference>, value: f64, place: &Place) {
    if largest.as_ref().is_none_or(|known| value > known.value) {
        *largest = Some(Difference { value, place: place.clone() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(rows: &[(f32, f32)]) -> FeatureComparison {
        let mut feature = FeatureComparison::new("f", 1e-6);
        let symbol = Symbol::new("IBM").unwrap();
        for (day, (stored, recomputed)) in rows.iter().enumerate() {
            let session = Session::from_days_since_epoch(day as i32).unwrap();
            feature.take(*stored, *recomputed, || Place { symbol: symbol.clone(), session });
        }
        feature
    }

    #[test]
    fn the_largest_difference_is_told_with_its_place() {
        let feature = compared(&[(1.0, 1.0), (2.0, 2.5), (0.5, 0.25), (f32::NAN, f32::NAN)]);
        let session =
            |difference: &Option<Difference>| difference.as_ref().unwrap().place.session.days_since_epoch();
        assert_eq!(
            (feature.rows, feature.absolute.as_ref().unwrap().value, session(&feature.absolute)),
            (3, 0.5, 1)
        );
        assert_eq!((feature.relative.as_ref().unwrap().value, session(&feature.relative)), (0.5, 2));
        assert!(feature.is_beyond_tolerance());
    }

    #[test]
    fn a_value_that_one_side_lacks_is_beyond_tolerance() {
        let feature = compared(&[(1.0, f32::NAN), (f32::NAN, 1.0), (f32::NAN, 1.0)]);
        assert_eq!((feature.only_stored, feature.only_recomputed, feature.rows), (1, 2, 0));
        assert!(feature.is_beyond_tolerance());
    }

    #[test]
    fn rounding_near_zero_is_allowed_by_what_the_feature_is_like() {
        // One unit in the last place of a Float32, and noise of 1e-9 around zero where values are about 1.
        let with = |last: (f32, f32)| compared(&[vec![(1.0, 1.0 + f32::EPSILON); 100], vec![last]].concat());
        assert!(!with((1e-9, 0.0)).is_beyond_tolerance());
        assert!(with((1e-6, 0.0)).is_beyond_tolerance());
        assert!(compared(&[(1.0, f32::INFINITY)]).is_beyond_tolerance());
    }
}

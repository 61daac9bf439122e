//! Calm and turbulent origins, told by what was known at each.

use serde::{Deserialize, Serialize};

/// How the market of an origin moved, beside that of the origins before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Regime {
    /// The lowest third.
    Calm,
    /// The middle, and whatever cannot be told.
    Normal,
    /// The highest third.
    Turbulent,
}

impl std::fmt::Display for Regime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Calm => "calm",
            Self::Normal => "normal",
            Self::Turbulent => "turbulent",
        })
    }
}

/// The fewest earlier origins that a regime is told by.
const LEAST_PAST: f64 = 12.0;

/// The regime of each origin of a series of volatilities, by terciles of the origins before it.
///
/// With m earlier values, the place of v is `(those below v + half of those equal to v) / m`: calm below 1/3, turbulent above
/// 2/3. An origin's own value and later ones move no threshold, so a label stays the same whatever comes after.
///
/// # Shape
/// One volatility an origin, in order of origins, such as the median over symbols; as many labels. Pass the origins before the
/// first test origin, too: the first labels have little to go by.
///
/// # Units
/// Any, as only the order counts.
///
/// # Missing values
/// A volatility that is not finite is normal, and counts for no later origin. With fewer than 12 earlier values all are normal.
///
/// ```
/// use weekahead_training::evaluation::{Regime, expanding_regimes};
/// let mut volatilities: Vec<f64> = (1..=12).map(f64::from).collect();
/// volatilities.extend([3.0, 6.0, 11.0]);
/// assert_eq!(expanding_regimes(&volatilities)[11..], [Regime::Normal, Regime::Calm, Regime::Normal, Regime::Turbulent]);
/// ```
pub fn expanding_regimes(volatilities: &[f64]) -> Vec<Regime> {
    let mut past: Vec<f64> = Vec::with_capacity(volatilities.len());
    let mut label = |value: f64| {
        if !value.is_finite() {
            return Regime::Normal;
        }
        let (below, up_to) = (past.partition_point(|v| *v < value), past.partition_point(|v| *v <= value));
        let regime = regime_of(f64::midpoint(below as f64, up_to as f64), past.len() as f64);
        past.insert(below, value);
        regime
    };
    volatilities.iter().map(|value| label(*value)).collect()
}

fn regime_of(rank: f64, past: f64) -> Regime {
    match rank / past {
        _ if past < LEAST_PAST => Regime::Normal,
        place if place < 1.0 / 3.0 => Regime::Calm,
        place if place > 2.0 / 3.0 => Regime::Turbulent,
        _ => Regime::Normal,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_market_that_does_not_move_is_normal() {
        assert_eq!(expanding_regimes(&[0.02; 40]), [Regime::Normal; 40]);
        assert_eq!(expanding_regimes(&[]), []);
    }

    #[test]
    fn thresholds_move_with_the_past() {
        let rising: Vec<f64> = (0..40).map(f64::from).collect();
        let labels = expanding_regimes(&rising);
        assert!(labels[..12].iter().all(|label| *label == Regime::Normal));
        assert!(labels[12..].iter().all(|label| *label == Regime::Turbulent));
        // A missing value is normal and leaves no trace.
        let with_gap: Vec<f64> =
            rising[..20].iter().copied().chain([f64::NAN]).chain(rising[20..].iter().copied()).collect();
        let mut gapless = expanding_regimes(&with_gap);
        assert_eq!(gapless.remove(20), Regime::Normal);
        assert_eq!(gapless, labels);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        /// What comes later changes no label.
        #[test]
        fn labels_know_the_past_alone(values in prop::collection::vec(0.0..1.0_f64, 1..80), cut in 0..80_usize) {
            let cut = cut.min(values.len());
            let (whole, part) = (expanding_regimes(&values), expanding_regimes(&values[..cut]));
            prop_assert_eq!(&whole[..cut], &part[..]);
        }
    }
}

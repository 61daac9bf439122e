//! Interval levels that learn from outcomes: adaptive conformal inference.

use serde::{Deserialize, Serialize};

use crate::conformal::check_levels;
use crate::error::check_shape;
use crate::{Error, Result};

/// The lowest level that is asked for, and 1 less the highest: nearly the outermost residual.
const LOWEST: f64 = 1e-4;

/// How many steps a level remembers beyond the range from 0 to 1.
const MEMORY_STEPS: f64 = 20.0;

/// For each nominal level the one to ask [`ResidualQuantiles`](crate::ResidualQuantiles) for, so that in the long run the
/// nominal share of outcomes lies at or below the quantile, whatever the outcomes do.
///
/// After outcomes of which the share c lies at or below the quantile of a nominal level a, the state b becomes
/// `b + step (a - c)`, and the adapted level is b within 0.0001..=0.9999. The state may be up to 20 steps beyond 0 and 1: so it
/// makes up for outcomes beyond the outermost quantile, and still comes back soon when the world calms down. As long as it
/// meets none of its bounds and crosses no other, the shares of T steps average to a but for `2 / (step T)` at most, with no
/// assumption about the outcomes. States that cross are sorted.
///
/// A quantile cannot go beyond the outermost residual. Where even that is passed too often, only calibrating anew helps.
///
/// # Shape
/// One adapted level a nominal level; both increase.
///
/// # Source
/// Gibbs & Candes (2021), Adaptive Conformal Inference Under Distribution Shift, equation 2 and proposition 4.1, once for each
/// tail; Chernozhukov, Fernandez-Val & Galichon (2010), Quantile and Probability Curves Without Crossing, for sorting.
///
/// ```
/// use weekahead_models::AdaptiveLevels;
/// let mut levels = AdaptiveLevels::new(&[0.25, 0.75], 0.125)?;
/// // Above both quantiles: both levels rise, by 0.125 * 0.25 and 0.125 * 0.75.
/// levels.update(&[false, false])?;
/// assert_eq!(levels.adapted(), [0.28125, 0.84375]);
/// # Ok::<(), weekahead_models::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdaptiveLevels {
    nominal: Vec<f64>,
    /// What the adapted levels are made of, sorted.
    state: Vec<f64>,
    step: f64,
    outcomes: u64,
    /// Outcomes within each of the central intervals, the widest first.
    inside: Vec<u64>,
}

/// What a central interval has covered.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct IntervalCoverage {
    /// The level of its lower end.
    pub low: f64,
    /// The level of its upper end, `1 - low`.
    pub high: f64,
    /// The share that is aimed at, `high - low`.
    pub nominal: f64,
    /// The share of outcomes above the lower and not above the upper end; `None` before the first.
    pub share: Option<f64>,
}

impl AdaptiveLevels {
    /// Starts at the nominal levels. A step of 0 keeps them; 0.005 is what the paper uses.
    ///
    /// # Errors
    /// [`Error::Levels`] unless levels strictly increase within (0, 1); [`Error::Hyperparameter`] unless `0 <= step < 1`.
    pub fn new(levels: &[f64], step: f64) -> Result<Self> {
        check_levels(levels)?;
        if !(0.0..1.0).contains(&step) {
            let (model, allowed) = ("adaptive levels", "0 <= step < 1");
            return Err(Error::Hyperparameter { model, parameter: "step", value: step, allowed });
        }
        let inside = vec![0; central_pairs(levels).count()];
        Ok(Self { nominal: levels.to_vec(), state: levels.to_vec(), step, outcomes: 0, inside })
    }

    /// Learns from one outcome: for each level, whether it lies at or below the quantile that was forecast.
    ///
    /// # Errors
    /// [`Error::Shape`] unless there is one answer a level.
    pub fn update(&mut self, covered_below: &[bool]) -> Result<()> {
        let below: Vec<u64> = covered_below.iter().map(|below| u64::from(*below)).collect();
        self.update_together(1, &below)
    }

    /// Learns from outcomes that became known at the same time, such as all symbols of an origin: one step, by their shares. A
    /// step for each would go on after an error that has been made up for.
    ///
    /// # Shape
    /// Of each level, how many of the `outcomes` lie at or below the quantile that was forecast; quantiles do not cross.
    ///
    /// # Errors
    /// [`Error::Shape`] unless there is one count a level; [`Error::Empty`] without outcomes.
    pub fn update_together(&mut self, outcomes: u64, below: &[u64]) -> Result<()> {
        if outcomes == 0 {
            return Err(Error::Empty { what: "the list of outcomes" });
        }
        check_shape("the outcomes below (levels)", self.nominal.len(), below.len())?;
        let beyond = MEMORY_STEPS * self.step;
        for ((nominal, state), below) in self.nominal.iter().zip(&mut self.state).zip(below) {
            let share = *below as f64 / outcomes as f64;
            *state = (*state + self.step * (nominal - share)).clamp(-beyond, 1.0 + beyond);
        }
        self.state.sort_by(f64::total_cmp);
        self.outcomes += outcomes;
        for ((low, high), inside) in central_pairs(&self.nominal).zip(&mut self.inside) {
            *inside += below[high].saturating_sub(below[low]);
        }
        Ok(())
    }

    /// The nominal levels.
    pub fn nominal(&self) -> &[f64] {
        &self.nominal
    }

    /// The level to ask for in place of each nominal one.
    pub fn adapted(&self) -> Vec<f64> {
        self.state.iter().map(|level| level.clamp(LOWEST, 1.0 - LOWEST)).collect()
    }

    /// Outcomes learned from.
    pub fn outcomes(&self) -> u64 {
        self.outcomes
    }

    /// What each central interval, from a level to 1 less that level, has covered so far; the widest first.
    pub fn coverage(&self) -> Vec<IntervalCoverage> {
        let share = |inside: u64| (self.outcomes > 0).then(|| inside as f64 / self.outcomes as f64);
        let intervals = central_pairs(&self.nominal).zip(&self.inside).map(|((low, high), inside)| {
            let (low, high) = (self.nominal[low], self.nominal[high]);
            IntervalCoverage { low, high, nominal: high - low, share: share(*inside) }
        });
        intervals.collect()
    }
}

/// Positions of levels that add up to 1, the widest interval first.
fn central_pairs(levels: &[f64]) -> impl Iterator<Item = (usize, usize)> {
    let opposite = |low: f64| levels.iter().position(|high| (low + high - 1.0).abs() < 1e-9);
    let pair = move |low: usize| Some((low, opposite(levels[low])?)).filter(|(low, high)| low < high);
    (0..levels.len()).filter_map(pair)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DEFAULT_LEVELS;

    #[test]
    fn counters_by_hand() {
        let mut levels = AdaptiveLevels::new(&[0.1, 0.25, 0.75, 0.8], 0.0).unwrap();
        assert_eq!(levels.coverage()[0].share, None);
        let outcomes = [[false, false, true, true], [true; 4], [false; 4], [false, true, true, true]];
        outcomes.iter().for_each(|outcome| levels.update(outcome).unwrap());
        // 0.1 and 0.8 are no central interval; one of four lies between the quantiles at 0.25 and 0.75.
        let expected = IntervalCoverage { low: 0.25, high: 0.75, nominal: 0.5, share: Some(0.25) };
        assert_eq!((levels.coverage(), levels.outcomes()), (vec![expected], 4));
        assert_eq!(levels.adapted(), levels.nominal());
        let of = |levels: &[f64]| AdaptiveLevels::new(levels, 0.01).unwrap().coverage();
        let nominal: Vec<f64> = of(&DEFAULT_LEVELS).iter().map(|c| (c.nominal * 100.0).round()).collect();
        assert_eq!(nominal, [90.0, 80.0, 50.0]);
        assert_eq!(of(&[0.5]), []);
    }

    #[test]
    fn outcomes_of_one_origin_are_one_step() {
        let mut levels = AdaptiveLevels::new(&[0.5], 0.25).unwrap();
        levels.update_together(4, &[3]).unwrap();
        assert_eq!((levels.adapted(), levels.outcomes()), (vec![0.4375], 4));
    }

    #[test]
    fn levels_stay_usable_and_in_order() {
        let mut levels = AdaptiveLevels::new(&[0.05, 0.5, 0.55], 0.5).unwrap();
        // Between the upper two: 0.5 rises to 0.75, 0.55 falls to 0.325. They change places.
        levels.update(&[false, false, true]).unwrap();
        let expected = [0.075, 0.325, 0.75];
        assert!(levels.adapted().iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{levels:?}");
        (0..200).for_each(|_| levels.update(&[false; 3]).unwrap());
        assert_eq!(levels.adapted()[2], 0.9999);
        // What is remembered is 20 steps: below all quantiles, each level falls by 0.5 (1 - a) at a time.
        (0..60).for_each(|_| levels.update(&[true; 3]).unwrap());
        assert_eq!(levels.adapted(), [0.0001; 3]);
    }

    #[test]
    fn state_survives_being_stored() {
        let mut levels = AdaptiveLevels::new(&DEFAULT_LEVELS, 0.005).unwrap();
        levels.update(&[false, false, true, true, true, true, true]).unwrap();
        let stored = serde_json::to_string(&levels).unwrap();
        assert_eq!(serde_json::from_str::<AdaptiveLevels>(&stored).unwrap(), levels);
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        assert!(matches!(AdaptiveLevels::new(&[0.5, 0.4], 0.1), Err(Error::Levels { .. })));
        for step in [-0.1, 1.0, f64::NAN] {
            assert!(matches!(AdaptiveLevels::new(&[0.5], step), Err(Error::Hyperparameter { .. })), "{step}");
        }
        let mut levels = AdaptiveLevels::new(&[0.5], 0.1).unwrap();
        assert!(matches!(levels.update(&[true, false]), Err(Error::Shape { .. })));
        assert!(matches!(levels.update_together(0, &[0]), Err(Error::Empty { .. })));
    }
}

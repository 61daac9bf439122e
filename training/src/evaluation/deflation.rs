//! Skill that is more than the best of many tries: the deflated Sharpe ratio, of a series of skill.

use statrs::distribution::{ContinuousCDF, Normal};

use crate::{Error, Result};

/// The ratio of a skill series with the shape of its distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SkillRatio {
    /// `mean / sd`, of one origin, not annualised; infinite when the skill is the same at every origin, and not 0.
    pub ratio: f64,
    /// The third standardised moment, 0 for a normal distribution.
    pub skewness: f64,
    /// The fourth standardised moment, 3 for a normal distribution.
    pub kurtosis: f64,
    /// Origins.
    pub n: usize,
}

impl SkillRatio {
    /// Of a series of skill: at each origin the loss of the other less the own loss, so that above 0 is better.
    ///
    /// `ratio = mean / sd`, the deviation with n - 1; the moments with n.
    ///
    /// # Missing values
    /// None. Skill that is 0 everywhere has the ratio 0, and skill without variance the moments of a normal distribution.
    ///
    /// # Errors
    /// [`Error::TooFew`] below two origins; [`Error::NotFinite`].
    pub fn of(skill: &[f64]) -> Result<Self> {
        let n = skill.len();
        if n < 2 {
            return Err(Error::TooFew { what: "origins to estimate skill from", needed: 2, found: n });
        }
        if let Some(row) = skill.iter().position(|value| !value.is_finite()) {
            return Err(Error::NotFinite { what: "the skill of an origin", row });
        }
        let count = n as f64;
        let mean = skill.iter().sum::<f64>() / count;
        let moment = |power: i32| skill.iter().map(|d| (d - mean).powi(power)).sum::<f64>() / count;
        let variance = moment(2);
        if skill.iter().all(|d| *d == skill[0]) {
            let ratio = if skill[0] == 0.0 { 0.0 } else { skill[0].signum() * f64::INFINITY };
            return Ok(Self { ratio, skewness: 0.0, kurtosis: 3.0, n });
        }
        let ratio = mean / (variance * count / (count - 1.0)).sqrt();
        Ok(Self {
            ratio,
            skewness: moment(3) / variance.powf(1.5),
            kurtosis: moment(4) / variance.powi(2),
            n,
        })
    }

    /// The probability that the true ratio is above a benchmark: the probabilistic Sharpe ratio, and the deflated one when
    /// the benchmark is [`expected_maximum`].
    ///
    /// `Phi((ratio - benchmark) sqrt(n - 1) / sqrt(1 - skewness ratio + (kurtosis - 1) / 4 ratio^2))`. Origins are taken as
    /// independent.
    ///
    /// # Source
    /// Bailey & Lopez de Prado (2014), The Deflated Sharpe Ratio, equation 2; (2012), The Sharpe Ratio Efficient Frontier.
    ///
    /// ```
    /// use weekahead_training::evaluation::SkillRatio;
    /// // sqrt(101 - 1) * 0.1 / sqrt(1 + 1/2 * 0.01) is 0.9975.
    /// let skill = SkillRatio { ratio: 0.1, skewness: 0.0, kurtosis: 3.0, n: 101 };
    /// assert!((skill.probability_above(0.0) - 0.8407).abs() < 1e-4);
    /// ```
    pub fn probability_above(&self, benchmark: f64) -> f64 {
        if self.ratio.is_infinite() {
            return if self.ratio > benchmark { 1.0 } else { 0.0 };
        }
        let spread = 1.0 - self.skewness * self.ratio + (self.kurtosis - 1.0) / 4.0 * self.ratio.powi(2);
        let excess = (self.ratio - benchmark) * (self.n as f64 - 1.0).sqrt();
        // Never below 0 (kurtosis >= skewness^2 + 1), and 0 for two values that sit just so: the sign alone decides.
        Normal::standard().cdf(excess / spread.max(f64::MIN_POSITIVE).sqrt())
    }
}

/// The ratio that the best of so many trials without any skill is expected to show.
///
/// `sqrt(V) ((1 - g) Z(1 - 1/N) + g Z(1 - 1/(N e)))`, where Z is the standard normal quantile and g Euler's constant,
/// 0.5772; 0 for a single trial.
///
/// # Units
/// `variance` is that of the trials' ratios; the result a ratio.
///
/// # Source
/// Bailey & Lopez de Prado (2014), The Deflated Sharpe Ratio, equation 1.
pub fn expected_maximum(trials: usize, variance: f64) -> f64 {
    if trials < 2 {
        return 0.0;
    }
    let n = trials as f64;
    let quantile = |beyond: f64| Normal::standard().inverse_cdf(1.0 - 1.0 / beyond);
    let euler = std::f64::consts::EULER_GAMMA;
    variance.sqrt() * ((1.0 - euler) * quantile(n) + euler * quantile(n * std::f64::consts::E))
}

/// The benchmark that the best of some trials must beat: [`expected_maximum`] with the sample variance of their ratios.
///
/// # Shape
/// `trials` counts at least the ratios; those whose ratio nobody kept are counted, too.
///
/// # Missing values
/// Ratios that are not finite are counted, and have no part in the variance; without two that are, it is 0.
///
/// ```
/// use weekahead_training::evaluation::{deflated_benchmark, expected_maximum};
/// assert_eq!(deflated_benchmark(&[0.0, 0.2], 7), expected_maximum(7, 0.020000000000000004));
/// assert_eq!(deflated_benchmark(&[0.3], 1), 0.0);
/// ```
pub fn deflated_benchmark(ratios: &[f64], trials: usize) -> f64 {
    let finite: Vec<f64> = ratios.iter().copied().filter(|ratio| ratio.is_finite()).collect();
    let count = finite.len() as f64;
    let mean = finite.iter().sum::<f64>() / count;
    let squares = finite.iter().map(|ratio| (ratio - mean).powi(2)).sum::<f64>();
    let variance = if finite.len() < 2 { 0.0 } else { squares / (count - 1.0) };
    expected_maximum(trials.max(ratios.len()), variance)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numerical example of the paper, whose figures it prints with four digits: 250 sessions a year, five years, an
    /// annualised ratio of 2.5, and trials whose annualised ratios have the variance 1/2.
    #[test]
    fn the_example_of_the_paper() {
        const PRINTED: f64 = 5e-5;
        let best = SkillRatio { ratio: 2.5 / 250f64.sqrt(), skewness: -3.0, kurtosis: 10.0, n: 1250 };
        let benchmark = |trials| expected_maximum(trials, 0.5 / 250.0);
        assert!((benchmark(100) - 0.1132).abs() < PRINTED, "{}", benchmark(100));
        let deflated = |trials| best.probability_above(benchmark(trials));
        assert!((deflated(100) - 0.9004).abs() < PRINTED, "{}", deflated(100));
        assert!((deflated(46) - 0.9505).abs() < PRINTED, "{}", deflated(46));
    }

    #[test]
    fn moments_by_hand() {
        // Mean 1, deviations -1, -1, -1, 3: variance 12/4 and 12/3, third moment 24/4, fourth 84/4.
        let skill = SkillRatio::of(&[0.0, 0.0, 0.0, 4.0]).unwrap();
        assert_eq!((skill.ratio, skill.n), (0.5, 4));
        assert!((skill.skewness - 6.0 / 27f64.sqrt()).abs() < 1e-12);
        assert!((skill.kurtosis - 21.0 / 9.0).abs() < 1e-12);
    }

    #[test]
    fn skill_without_variance_is_sure_unless_it_is_0() {
        let sure = |skill: f64| SkillRatio::of(&[skill; 9]).unwrap().probability_above(0.3);
        assert_eq!((sure(0.1), sure(-0.1)), (1.0, 0.0));
        assert_eq!(SkillRatio::of(&[0.0; 9]).unwrap().probability_above(0.0), 0.5);
    }

    #[test]
    fn more_trials_raise_the_benchmark() {
        let ratios = [0.1, -0.1, 0.05, f64::INFINITY];
        let benchmarks = [0, 9, 90, 900].map(|trials| deflated_benchmark(&ratios, trials));
        assert!(benchmarks.is_sorted() && benchmarks[0] > 0.0, "{benchmarks:?}");
        assert_eq!(benchmarks[0], deflated_benchmark(&ratios, 4));
        assert_eq!((expected_maximum(0, 1.0), expected_maximum(1, 1.0)), (0.0, 0.0));
    }

    #[test]
    fn too_few_or_missing_values_are_errors() {
        assert!(matches!(SkillRatio::of(&[0.1]), Err(Error::TooFew { .. })));
        assert!(matches!(SkillRatio::of(&[0.1, f64::NAN]), Err(Error::NotFinite { row: 1, .. })));
    }
}

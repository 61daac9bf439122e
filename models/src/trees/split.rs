//! The best way to part a node in two, read from its histogram.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::bins::{BINS, BinnedMatrix};
use super::pairs::Units;

/// A way to part a node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Split {
    /// By how much the sum of squares falls.
    pub(super) gain: f64,
    pub(super) feature: u32,
    /// The last bin that goes left.
    pub(super) bin: u8,
    /// Whether missing values go left.
    pub(super) missing_left: bool,
}

/// What a split must keep to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    /// The least weight of a child.
    pub(super) min_weight: f64,
    /// What is added to a child's weight before its mean is taken.
    pub(super) l2: f64,
}

/// Gains below this share of a node's own sum of squares are rounding.
const NO_GAIN: f64 = 1e-10;

/// The best split of a feature, over all its cuts.
pub(super) fn best(feature: u32, sums: &[u64], whole: u64, units: Units, rules: Rules) -> Option<Split> {
    let missing = sums[0];
    let mut search = Search::new(feature, whole, units, rules);
    let mut left = 0_u64;
    for (bin, sum) in sums.iter().enumerate().skip(1) {
        if *sum == 0 {
            continue;
        }
        left = left.wrapping_add(*sum);
        search.consider(left, bin as u8, false);
        if missing != 0 {
            search.consider(left.wrapping_add(missing), bin as u8, true);
        }
    }
    search.best
}

/// The split of a feature at a cut drawn evenly between the least and the greatest value of the node.
pub(super) fn random(
    matrix: &BinnedMatrix,
    feature: u32,
    sums: &[u64],
    whole: u64,
    units: Units,
    rules: Rules,
    rng: &mut ChaCha8Rng,
) -> Option<Split> {
    let first = (1..BINS).find(|bin| sums[*bin] != 0)?;
    let last = (1..BINS).rev().find(|bin| sums[*bin] != 0)?;
    if first == last {
        return None;
    }
    let cuts = matrix.cuts(feature as usize);
    let (low, high) = (f64::from(cuts[first - 1]), f64::from(cuts[last - 2]));
    let drawn = low + (high - low) * rng.random::<f64>();
    let bin = cuts[first - 1..last - 1].partition_point(|cut| f64::from(*cut) <= drawn).max(1) + first - 1;
    let left = sums[1..=bin].iter().fold(0_u64, |left, sum| left.wrapping_add(*sum));
    let mut search = Search::new(feature, whole, units, rules);
    search.consider(left, bin as u8, false);
    if sums[0] != 0 {
        search.consider(left.wrapping_add(sums[0]), bin as u8, true);
    }
    search.best
}

struct Search {
    feature: u32,
    whole: u64,
    units: Units,
    rules: Rules,
    /// The node's own score, which both children together must pass.
    own: f64,
    best_score: f64,
    best: Option<Split>,
}

impl Search {
    fn new(feature: u32, whole: u64, units: Units, rules: Rules) -> Self {
        let (gradient, weight) = units.of(whole);
        let own = gradient * gradient / (weight + rules.l2);
        Self { feature, whole, units, rules, own, best_score: own * (1.0 + NO_GAIN), best: None }
    }

    #[inline(always)]
    fn consider(&mut self, left: u64, bin: u8, missing_left: bool) {
        let (left_gradient, left_weight) = self.units.of(left);
        let (right_gradient, right_weight) = self.units.of(self.whole.wrapping_sub(left));
        if left_weight < self.rules.min_weight || right_weight < self.rules.min_weight {
            return;
        }
        let (a, b) = (left_weight + self.rules.l2, right_weight + self.rules.l2);
        let score = (left_gradient * left_gradient * b + right_gradient * right_gradient * a) / (a * b);
        if score > self.best_score {
            self.best_score = score;
            self.best = Some(Split { gain: score - self.own, feature: self.feature, bin, missing_left });
        }
    }
}

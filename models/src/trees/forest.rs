//! Forests: the mean of many trees that were grown apart.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::bins::BinnedMatrix;
use super::grow::{Candidates, Growth, grow};
use super::pairs::Pairs;
use super::tree::Tree;
use super::tree_model::TreeModel;
use crate::error::check_range;
use crate::{FittedModel, Forecaster, Result, TrainingRows};

/// The hyperparameters of a forest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ForestSpec {
    /// Number of trees, at least 1.
    pub trees: usize,
    /// The most questions in a row, at least 1.
    pub max_depth: usize,
    /// The fewest rows of a leaf, at least 1.
    pub min_rows: usize,
    /// The share of features that a node is split by, above 0 and up to 1.
    pub feature_share: f64,
}

impl Default for ForestSpec {
    /// Shallow trees with well-filled leaves: returns are mostly noise.
    fn default() -> Self {
        Self { trees: 100, max_depth: 6, min_rows: 50, feature_share: 0.3 }
    }
}

/// The mean of trees that were each grown on rows drawn with replacement, every node on features of its own.
///
/// # Missing values
/// Each split learns which way missing values go.
///
/// # Errors
/// Fitting fails when a hyperparameter is out of range.
///
/// # Source
/// Breiman (2001), Random Forests; histograms of binned features as in Ke et al. (2017), LightGBM.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RandomForest {
    /// Size and shape.
    pub spec: ForestSpec,
    /// Seed of what is drawn.
    pub seed: u64,
}

/// The mean of trees on all rows whose cuts are drawn and not searched for: more bias than a random forest, less variance.
///
/// A node draws its features and, for each, one cut evenly between the least and the greatest value; the best is taken.
///
/// # Missing values
/// Each split learns which way missing values go.
///
/// # Errors
/// Fitting fails when a hyperparameter is out of range.
///
/// # Source
/// Geurts, Ernst & Wehenkel (2006), Extremely Randomized Trees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExtraTrees {
    /// Size and shape.
    pub spec: ForestSpec,
    /// Seed of what is drawn.
    pub seed: u64,
}

impl Forecaster for RandomForest {
    fn fit(&self, rows: &TrainingRows<'_>) -> Result<FittedModel> {
        let forest = Forest { kind: "random_forest", spec: self.spec, seed: self.seed, drawn_rows: true };
        Ok(FittedModel::Trees(forest.fit(rows)?))
    }
}

impl Forecaster for ExtraTrees {
    fn fit(&self, rows: &TrainingRows<'_>) -> Result<FittedModel> {
        let forest = Forest { kind: "extra_trees", spec: self.spec, seed: self.seed, drawn_rows: false };
        Ok(FittedModel::Trees(forest.fit(rows)?))
    }
}

/// What both forests share: where rows are drawn cuts are searched for, and the other way about.
struct Forest {
    kind: &'static str,
    spec: ForestSpec,
    seed: u64,
    drawn_rows: bool,
}

impl Forest {
    fn fit(&self, rows: &TrainingRows<'_>) -> Result<TreeModel> {
        self.check()?;
        let matrix = BinnedMatrix::learn(rows.x());
        let problem = Centred::of(rows);
        let pairs = Pairs::new(&problem.gradients, problem.weights.as_deref());
        let grow_one = |number: usize| self.tree(&matrix, &problem, &pairs, number as u64);
        let trees: Vec<Tree> = (0..self.spec.trees).into_par_iter().map(grow_one).collect();
        Ok(TreeModel { trees, base: problem.mean as f32, features: matrix.features() })
    }

    fn tree(&self, matrix: &BinnedMatrix, problem: &Centred, pairs: &Pairs, number: u64) -> Tree {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(number);
        let counts = self.drawn_rows.then(|| draw(matrix.rows(), &mut rng));
        let drawn = |row: &u32| counts.as_ref().is_none_or(|counts| counts[*row as usize] > 0);
        let rows: Vec<u32> = (0..matrix.rows() as u32).filter(drawn).collect();
        let drawn_pairs = counts.as_ref().map(|counts| pairs.times(counts));
        let pairs = drawn_pairs.as_ref().unwrap_or(pairs);
        let grown = grow(matrix, pairs, rows, self.growth(matrix.features()), &mut rng);
        let share = 1.0 / self.spec.trees as f64;
        let leaf = |rows: &[u32]| (share * problem.mean_of(rows, counts.as_deref())) as f32;
        grown.finish(leaf, |_, _| ())
    }

    fn growth(&self, features: usize) -> Growth {
        Growth {
            max_leaves: usize::MAX,
            max_depth: self.spec.max_depth,
            min_rows: self.spec.min_rows,
            l2: 0.0,
            features: Candidates::share(self.spec.feature_share, features),
            random_cuts: !self.drawn_rows,
        }
    }

    fn check(&self) -> Result<()> {
        let ForestSpec { trees, max_depth, min_rows, feature_share } = self.spec;
        check_range(self.kind, "trees", trees as f64, 1.0..=1e5, "1 to 100,000")?;
        check_range(self.kind, "max_depth", max_depth as f64, 1.0..=64.0, "1 to 64")?;
        check_range(self.kind, "min_rows", min_rows as f64, 1.0..=1e9, "1 or more")?;
        let fraction = "above 0 and up to 1";
        check_range(self.kind, "feature_share", feature_share, f64::MIN_POSITIVE..=1.0, fraction)
    }
}

/// Targets less their mean, as the gradients of a constant.
struct Centred {
    mean: f64,
    y: Vec<f64>,
    gradients: Vec<f64>,
    weights: Option<Vec<f64>>,
}

impl Centred {
    fn of(rows: &TrainingRows<'_>) -> Self {
        let mean = f64::from(rows.mean_target() as f32);
        let y: Vec<f64> = rows.y().iter().map(|y| y - mean).collect();
        let gradients = y.iter().enumerate().map(|(row, y)| -rows.weight(row) * y).collect();
        Self { mean, y, gradients, weights: rows.weights().map(|weights| weights.to_vec()) }
    }

    fn mean_of(&self, rows: &[u32], counts: Option<&[u32]>) -> f64 {
        let (mut sum, mut whole) = (0.0, 0.0);
        for row in rows.iter().map(|row| *row as usize) {
            let weight = self.weights.as_ref().map_or(1.0, |weights| weights[row]);
            let weight = weight * counts.map_or(1.0, |counts| f64::from(counts[row]));
            sum += weight * self.y[row];
            whole += weight;
        }
        if whole > 0.0 { sum / whole } else { 0.0 }
    }
}

/// How often each row is drawn, of as many draws as there are rows.
fn draw(rows: usize, rng: &mut ChaCha8Rng) -> Vec<u32> {
    let mut counts = vec![0; rows];
    (0..rows).for_each(|_| counts[rng.random_range(0..rows)] += 1);
    counts
}

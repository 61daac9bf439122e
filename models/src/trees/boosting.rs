//! Gradient boosting: each tree is fitted to what the trees before it left unexplained.

use rand::SeedableRng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::bins::BinnedMatrix;
use super::grow::{Candidates, Growth, grow};
use super::pairs::Pairs;
use super::tree_model::TreeModel;
use crate::error::check_range;
use crate::quantile::weighted_quantile;
use crate::{FittedModel, Forecaster, Result, TrainingRows};

/// Gradient boosting of regression trees on binned features, grown leaf by leaf.
///
/// `F_0` is the best constant; tree m is fitted to the negative gradients of the loss at `F_(m-1)`, its leaves are set to the best
/// constants of their rows, and `F_m = F_(m-1) + learning_rate * tree_m`.
///
/// # Units
/// `learning_rate` and the shares are fractions; the others are counts, `l2` a weight in rows.
///
/// # Missing values
/// Each split learns which way missing values go.
///
/// # Errors
/// Fitting fails when a hyperparameter is out of range.
///
/// # Source
/// Friedman (2001), Greedy Function Approximation; Ke et al. (2017), LightGBM, for histograms and leaf-wise growth; Shi et
/// al. (2022), Quantized Training of Gradient Boosting Decision Trees, for integer gradients.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GradientBoosting {
    /// Size, shape and loss.
    pub spec: BoostingSpec,
    /// Seed of what is drawn: rows and features, where shares are below 1.
    pub seed: u64,
}

/// The hyperparameters of gradient boosting.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BoostingSpec {
    /// Number of trees, at least 1.
    pub trees: usize,
    /// The most leaves of a tree, at least 2.
    pub leaves: usize,
    /// The most questions in a row, at least 1.
    pub max_depth: usize,
    /// The share of a tree's answer that is taken, above 0 and up to 1.
    pub learning_rate: f64,
    /// The fewest rows of a leaf, at least 1.
    pub min_rows: usize,
    /// Shrinks leaves towards 0, 0 or more.
    pub l2: f64,
    /// The share of features that a node is split by, above 0 and up to 1.
    pub feature_share: f64,
    /// The share of rows that a tree is fitted on, above 0 and up to 1.
    pub row_share: f64,
    /// What is minimised.
    pub loss: BoostingLoss,
}

/// What boosting minimises.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BoostingLoss {
    /// `(y - f)^2`: the forecast is a mean.
    #[default]
    SquaredError,
    /// `|y - f|`: the forecast is a median.
    AbsoluteError,
    /// The pinball loss of a level: the forecast is a quantile.
    Quantile(f64),
}

impl Default for BoostingSpec {
    /// Small steps and shallow trees: returns are mostly noise.
    fn default() -> Self {
        Self {
            trees: 200,
            leaves: 15,
            max_depth: 6,
            learning_rate: 0.03,
            min_rows: 50,
            l2: 1.0,
            feature_share: 1.0,
            row_share: 1.0,
            loss: BoostingLoss::SquaredError,
        }
    }
}

impl Forecaster for GradientBoosting {
    fn fit(&self, rows: &TrainingRows<'_>) -> Result<FittedModel> {
        Ok(FittedModel::Trees(self.fit_trees(rows)?))
    }
}

impl GradientBoosting {
    /// Fits the trees alone.
    ///
    /// # Errors
    /// [`Error::Hyperparameter`](crate::Error::Hyperparameter).
    pub fn fit_trees(&self, rows: &TrainingRows<'_>) -> Result<TreeModel> {
        self.check()?;
        self.fit_binned(&BinnedMatrix::learn(rows.x()), rows)
    }

    /// One model for each of some losses, on the same bins.
    pub(crate) fn fit_losses(
        &self,
        rows: &TrainingRows<'_>,
        losses: &[BoostingLoss],
    ) -> Result<Vec<TreeModel>> {
        let matrix = BinnedMatrix::learn(rows.x());
        let fit = |loss: &BoostingLoss| {
            let of_loss = Self { spec: BoostingSpec { loss: *loss, ..self.spec }, ..*self };
            of_loss.check()?;
            of_loss.fit_binned(&matrix, rows)
        };
        losses.iter().map(fit).collect()
    }

    fn fit_binned(&self, matrix: &BinnedMatrix, rows: &TrainingRows<'_>) -> Result<TreeModel> {
        let weights: Option<Vec<f64>> = rows.weights().map(|weights| weights.to_vec());
        let problem = Problem { y: rows.y().to_vec(), weights, loss: self.spec.loss };
        let base = problem.best_constant(0..problem.y.len(), |_| 0.0) as f32;
        let mut forecasts = vec![f64::from(base); problem.y.len()];
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let mut trees = Vec::with_capacity(self.spec.trees);
        for _ in 0..self.spec.trees {
            let pairs = Pairs::new(&problem.gradients(&forecasts), problem.weights.as_deref());
            let drawn = self.draw_rows(problem.y.len(), &mut rng);
            let grown = grow(matrix, &pairs, drawn, self.growth(matrix.features()), &mut rng);
            let leaf = |rows: &[u32]| {
                let rows = rows.iter().map(|row| *row as usize);
                let shrunk = problem.leaf(rows, &forecasts, self.spec.l2);
                (self.spec.learning_rate * shrunk) as f32
            };
            let mut steps: Vec<(u32, f32)> = Vec::with_capacity(problem.y.len());
            let tree = grown.finish(leaf, |rows, value| steps.extend(rows.iter().map(|row| (*row, value))));
            match steps.len() == problem.y.len() {
                true => steps.iter().for_each(|(row, step)| forecasts[*row as usize] += f64::from(*step)),
                false => forecasts
                    .iter_mut()
                    .zip(rows.x().rows())
                    .for_each(|(forecast, row)| *forecast += f64::from(tree.answer(row))),
            }
            trees.push(tree);
        }
        Ok(TreeModel { trees, base, features: matrix.features() })
    }

    fn growth(&self, features: usize) -> Growth {
        Growth {
            max_leaves: self.spec.leaves,
            max_depth: self.spec.max_depth,
            min_rows: self.spec.min_rows,
            l2: self.spec.l2,
            features: Candidates::share(self.spec.feature_share, features),
            random_cuts: false,
        }
    }

    fn draw_rows(&self, rows: usize, rng: &mut ChaCha8Rng) -> Vec<u32> {
        if self.spec.row_share >= 1.0 {
            return (0..rows as u32).collect();
        }
        let count = ((self.spec.row_share * rows as f64).ceil() as usize).clamp(1, rows);
        let mut drawn: Vec<u32> = index::sample(rng, rows, count).into_iter().map(|row| row as u32).collect();
        drawn.sort_unstable();
        drawn
    }

    fn check(&self) -> Result<()> {
        let model = "gradient_boosting";
        check_range(model, "trees", self.spec.trees as f64, 1.0..=1e5, "1 to 100,000")?;
        check_range(model, "leaves", self.spec.leaves as f64, 2.0..=65_536.0, "2 to 65,536")?;
        check_range(model, "max_depth", self.spec.max_depth as f64, 1.0..=64.0, "1 to 64")?;
        check_range(model, "min_rows", self.spec.min_rows as f64, 1.0..=1e9, "1 or more")?;
        check_range(model, "l2", self.spec.l2, 0.0..=1e9, "0 or more, and finite")?;
        let fraction = "above 0 and up to 1";
        check_range(model, "learning_rate", self.spec.learning_rate, f64::MIN_POSITIVE..=1.0, fraction)?;
        check_range(model, "feature_share", self.spec.feature_share, f64::MIN_POSITIVE..=1.0, fraction)?;
        check_range(model, "row_share", self.spec.row_share, f64::MIN_POSITIVE..=1.0, fraction)?;
        match self.spec.loss {
            BoostingLoss::Quantile(level) => {
                let within = f64::MIN_POSITIVE..=1.0 - f64::EPSILON;
                check_range(model, "quantile", level, within, "within (0, 1)")
            }
            _ => Ok(()),
        }
    }
}

/// What is to be explained.
struct Problem {
    y: Vec<f64>,
    weights: Option<Vec<f64>>,
    loss: BoostingLoss,
}

impl Problem {
    fn weight(&self, row: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[row])
    }

    /// Weighted gradients of the loss by the forecast.
    fn gradients(&self, forecasts: &[f64]) -> Vec<f64> {
        let gradient = |row: usize| {
            let error = forecasts[row] - self.y[row];
            self.weight(row)
                * match self.loss {
                    BoostingLoss::SquaredError => error,
                    BoostingLoss::AbsoluteError if error == 0.0 => 0.0,
                    BoostingLoss::AbsoluteError => error.signum(),
                    BoostingLoss::Quantile(level) if error < 0.0 => -level,
                    BoostingLoss::Quantile(level) => 1.0 - level,
                }
        };
        (0..self.y.len()).map(gradient).collect()
    }

    /// The step that helps some rows most, drawn towards 0 by the penalty.
    fn leaf(&self, rows: impl Iterator<Item = usize> + Clone, forecasts: &[f64], l2: f64) -> f64 {
        let weight = rows.clone().map(|row| self.weight(row)).sum::<f64>();
        if weight <= 0.0 {
            return 0.0;
        }
        self.best_constant(rows, |row| forecasts[row]) * weight / (weight + l2)
    }

    /// The constant that, added to what there is, has the least loss over some rows.
    fn best_constant(&self, rows: impl Iterator<Item = usize>, there: impl Fn(usize) -> f64) -> f64 {
        let left = rows.map(|row| (self.y[row] - there(row), self.weight(row)));
        match self.loss {
            BoostingLoss::SquaredError => {
                let (sum, weight) =
                    left.fold((0.0, 0.0), |(sum, all), (y, weight)| (sum + weight * y, all + weight));
                if weight > 0.0 { sum / weight } else { 0.0 }
            }
            BoostingLoss::AbsoluteError => weighted_quantile(left.collect(), 0.5),
            BoostingLoss::Quantile(level) => weighted_quantile(left.collect(), level),
        }
    }
}

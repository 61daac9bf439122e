//! The elastic net, by linfa's coordinate descent.

use linfa::DatasetBase;
use linfa::traits::Fit;
use ndarray::Array1;

use crate::ridge::Design;
use crate::{Error, Forecaster, LinearModel, Preprocessing, Result, TrainingRows};

/// Least squares with an l1 and an l2 penalty on standardised features: a ridge that also drops features.
///
/// `minimise 1/(2n) sum_i w_i (y_i - b0 - z_i b)^2 + alpha l1_ratio |b|_1 + alpha (1 - l1_ratio)/2 |b|_2^2`, where the
/// weights are scaled to sum to n; the intercept `b0` is not penalised.
///
/// # Units
/// `alpha` is in units of the target per standard deviation of a feature: weekly log returns have a standard
/// deviation of a few percent, so useful values lie between 1e-5 and 1e-2. From
/// `max_j |z_j . y| / (n l1_ratio)` on, every coefficient is 0.
///
/// # Missing values
/// Filled with training medians (see [`Preprocessing`]).
///
/// # Errors
/// Fitting fails unless `alpha > 0` and `0 < l1_ratio <= 1` (without an l1 term use [`Ridge`](crate::Ridge), which is
/// exact), or when the duality gap does not reach 1e-6 of the targets' sum of squares.
///
/// # Source
/// Zou & Hastie (2005); objective and stopping rule of scikit-learn's `ElasticNet`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ElasticNet {
    /// The strength of both penalties together, above 0.
    pub alpha: f64,
    /// The share of the l1 penalty, above 0 and up to 1 (the lasso).
    pub l1_ratio: f64,
}

const MODEL: &str = "elastic_net";
const TOLERANCE: f64 = 1e-6;
const MAX_STEPS: u32 = 10_000;

impl Forecaster for ElasticNet {
    fn fit(&self, rows: &TrainingRows<'_>) -> Result<LinearModel> {
        self.check()?;
        let preprocessing = Preprocessing::fit(rows);
        let mut design = Design::new(&preprocessing, rows);
        if let Some(weights) = rows.weights() {
            let to_mean_one = (weights.len() as f64 / weights.sum()).sqrt();
            design.z *= to_mean_one;
            design.y *= to_mean_one;
        }
        let coefficients = self.descend(&design)?;
        design.into_model(preprocessing, &coefficients)
    }
}

impl ElasticNet {
    fn check(&self) -> Result<()> {
        let wrong = |parameter, value, allowed| {
            Err(Error::Hyperparameter { model: MODEL, parameter, value, allowed })
        };
        if !(self.alpha.is_finite() && self.alpha > 0.0) {
            wrong("alpha", self.alpha, "a finite number above 0")
        } else if !(self.l1_ratio > 0.0 && self.l1_ratio <= 1.0) {
            wrong("l1_ratio", self.l1_ratio, "a number above 0 and up to 1, or the model kind ridge")
        } else {
            Ok(())
        }
    }

    fn descend(&self, design: &Design) -> Result<Array1<f64>> {
        let sum_of_squares = design.y.dot(&design.y);
        if sum_of_squares == 0.0 {
            return Ok(Array1::zeros(design.z.ncols()));
        }
        // Coordinate descent walks over columns: keep each in one piece of memory.
        let by_column = design.z.t().as_standard_layout().into_owned().reversed_axes();
        let descent = linfa_elasticnet::ElasticNet::<f64>::params()
            .penalty(self.alpha)
            .l1_ratio(self.l1_ratio)
            .with_intercept(false)
            .tolerance(TOLERANCE)
            .max_iterations(MAX_STEPS)
            .fit(&DatasetBase::new(by_column.view(), design.y.view()))
            .map_err(|e| Error::Unsolvable { model: MODEL, reason: e.to_string() })?;
        let (gap, tolerance) = (descent.duality_gap(), TOLERANCE * sum_of_squares);
        if gap < tolerance {
            Ok(descent.hyperplane().clone())
        } else {
            Err(Error::NotConverged { model: MODEL, steps: descent.n_steps(), gap, tolerance })
        }
    }
}

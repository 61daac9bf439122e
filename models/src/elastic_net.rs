//! The elastic net, by linfa's coordinate descent.

use linfa::DatasetBase;
use linfa::traits::Fit;
use ndarray::Array1;

use crate::moments::Moments;
use crate::{Error, FittedModel, Forecaster, Preprocessing, Result, TrainingRows};

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
    fn fit(&self, rows: &TrainingRows<'_>) -> Result<FittedModel> {
        self.check()?;
        let preprocessing = Preprocessing::fit(rows);
        let moments = Moments::of(&preprocessing, rows);
        let coefficients = self.descend(&moments)?;
        Ok(moments.into_model(preprocessing, &coefficients)?.into())
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

    /// On few rows that have the moments of all: the descent, its duality gap included, is the same, and its cost does
    /// not depend on the number of rows.
    fn descend(&self, moments: &Moments) -> Result<Array1<f64>> {
        if moments.square == 0.0 {
            return Ok(Array1::zeros(moments.cross.len()));
        }
        let (z, y) = moments.condensed().map_err(|reason| Error::Unsolvable { model: MODEL, reason })?;
        let descent = linfa_elasticnet::ElasticNet::<f64>::params()
            .penalty(self.alpha * moments.weight / y.len() as f64)
            .l1_ratio(self.l1_ratio)
            .with_intercept(false)
            .tolerance(TOLERANCE)
            .max_iterations(MAX_STEPS)
            .fit(&DatasetBase::new(z.view(), y.view()))
            .map_err(|e| Error::Unsolvable { model: MODEL, reason: e.to_string() })?;
        let (gap, tolerance) = (descent.duality_gap(), TOLERANCE * moments.square);
        if gap < tolerance {
            Ok(descent.hyperplane().clone())
        } else {
            Err(Error::NotConverged { model: MODEL, steps: descent.n_steps(), gap, tolerance })
        }
    }
}

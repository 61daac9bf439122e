//! Ridge regression in closed form.
//!
//! linfa-linear has no ridge, and linfa-elasticnet with `l1_ratio = 0` would run coordinate descent whose stopping rule (a
//! duality gap) is meaningless without an l1 term, and knows no weights. The normal equations of a ridge are positive
//! definite, so linfa-linalg's Cholesky factorisation solves them exactly.

use linfa_linalg::cholesky::SolveCInplace;
use ndarray::{Array1, Array2, Axis};

use crate::{Error, Forecaster, LinearModel, Preprocessing, Result, TrainingRows};

/// Least squares with an l2 penalty on standardised features.
///
/// `minimise sum_i w_i (y_i - b0 - z_i b)^2 + alpha |b|^2`; the intercept `b0` is not penalised.
///
/// # Units
/// `alpha` weighs against the number of rows: features have variance 1, so `alpha = rows` halves an isolated
/// coefficient.
///
/// # Missing values
/// Filled with training medians (see [`Preprocessing`]).
///
/// # Errors
/// Fitting fails unless `alpha` is positive and finite.
///
/// # Source
/// Hoerl & Kennard (1970); the objective is that of scikit-learn's `Ridge`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ridge {
    /// The strength of the penalty, above 0.
    pub alpha: f64,
}

impl Forecaster for Ridge {
    fn fit(&self, rows: &TrainingRows<'_>) -> Result<LinearModel> {
        if !(self.alpha.is_finite() && self.alpha > 0.0) {
            let (model, parameter, value) = ("ridge", "alpha", self.alpha);
            return Err(Error::Hyperparameter {
                model,
                parameter,
                value,
                allowed: "a finite number above 0",
            });
        }
        let preprocessing = Preprocessing::fit(rows);
        let design = Design::new(&preprocessing, rows);
        let mut gram = design.z.t().dot(&design.z);
        gram.diag_mut().mapv_inplace(|value| value + self.alpha);
        let mut solution = design.z.t().dot(&design.y).insert_axis(Axis(1));
        let failed =
            |e: linfa_linalg::LinalgError| Error::Unsolvable { model: "ridge", reason: e.to_string() };
        gram.solvec_inplace(&mut solution).map_err(failed)?;
        design.into_model(preprocessing, &solution.column(0).to_owned())
    }
}

/// Centred and weighted rows, and what is needed to undo the centring.
pub(crate) struct Design {
    /// `sqrt(w_i) (z_i - weighted mean of z)`.
    pub(crate) z: Array2<f64>,
    /// `sqrt(w_i) (y_i - weighted mean of y)`.
    pub(crate) y: Array1<f64>,
    z_mean: Array1<f64>,
    y_mean: f64,
}

impl Design {
    /// Preprocesses, centres and weighs the training rows.
    pub(crate) fn new(preprocessing: &Preprocessing, rows: &TrainingRows<'_>) -> Self {
        let mut z = preprocessing.apply(rows.x());
        let weights = Array1::from_shape_fn(z.nrows(), |row| rows.weight(row));
        let z_mean = weights.dot(&z) / weights.sum();
        let y_mean = rows.mean_target();
        z -= &z_mean;
        let mut y = &rows.y() - y_mean;
        if rows.weights().is_some() {
            let root = weights.mapv(f64::sqrt);
            z *= &root.view().insert_axis(Axis(1));
            y *= &root;
        }
        Self { z, y, z_mean, y_mean }
    }

    /// The model on features that are not centred.
    pub(crate) fn into_model(self, pre: Preprocessing, coefficients: &Array1<f64>) -> Result<LinearModel> {
        let intercept = self.y_mean - self.z_mean.dot(coefficients);
        LinearModel::new(pre, &coefficients.to_vec(), intercept)
    }
}

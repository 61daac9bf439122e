//! Ridge regression in closed form.
//!
//! linfa-linear has no ridge, and linfa-elasticnet with `l1_ratio = 0` would run coordinate descent whose stopping rule (a
//! duality gap) is meaningless without an l1 term, and knows no weights. The normal equations of a ridge are positive
//! definite, so linfa-linalg's Cholesky factorisation solves them exactly.

use linfa_linalg::cholesky::SolveCInplace;
use ndarray::Axis;

use crate::moments::Moments;
use crate::{Error, FittedModel, Forecaster, Preprocessing, Result, TrainingRows};

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
    fn fit(&self, rows: &TrainingRows<'_>) -> Result<FittedModel> {
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
        let moments = Moments::of(&preprocessing, rows);
        let mut normal = moments.gram.clone();
        normal.diag_mut().mapv_inplace(|value| value + self.alpha);
        let mut solution = moments.cross.clone().insert_axis(Axis(1));
        let failed =
            |e: linfa_linalg::LinalgError| Error::Unsolvable { model: "ridge", reason: e.to_string() };
        normal.solvec_inplace(&mut solution).map_err(failed)?;
        let coefficients = solution.column(0).to_owned();
        Ok(moments.into_model(preprocessing, &coefficients)?.into())
    }
}

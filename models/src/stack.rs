//! Stacking: models weighted by what they said of rows that they had not seen.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};

use crate::inner_folds::{Chosen, inner_folds};
use crate::{Error, FittedModel, Forecaster, Result, TrainingRows};

/// A sum of models with weights of 0 or more, those of least squares on forecasts of inner folds.
///
/// The models are fitted on the earlier inner folds and asked about the next; weights are what explains those targets best;
/// then all models are fitted on all rows. Weights need not sum to 1: where no model has skill all are near 0, which is the
/// random walk. Models without a weight are left out.
///
/// # Missing values
/// As the models treat them.
///
/// # Errors
/// Fitting fails without models, with too few groups of rows for the inner folds, and when a model fails.
///
/// # Source
/// Wolpert (1992), Stacked Generalization; Breiman (1996), Stacked Regressions, for weights that are not negative.
#[derive(Debug)]
pub struct Stack {
    /// The models.
    pub models: Vec<Box<dyn Forecaster>>,
    /// Number of inner folds, at least 1.
    pub folds: usize,
}

impl Forecaster for Stack {
    fn fit(&self, rows: &TrainingRows<'_>) -> Result<FittedModel> {
        if self.models.is_empty() {
            return Err(Error::Empty { what: "the list of models to stack" });
        }
        let (forecasts, targets, weights) = self.out_of_fold(rows)?;
        let shares = non_negative_least_squares(&forecasts, &targets, &weights);
        let shares: Vec<f32> = shares.into_iter().map(|share| share as f32).collect();
        let mut parts = Vec::new();
        for (model, share) in self.models.iter().zip(&shares).filter(|(_, share)| **share > 0.0) {
            parts.push((*share, model.fit(rows)?));
        }
        Ok(FittedModel::Stack(StackModel { parts, shares, features: rows.x().ncols() }))
    }
}

impl Stack {
    /// What the models say of each row that is validated on (rows x models), with its target and its weight.
    fn out_of_fold(&self, rows: &TrainingRows<'_>) -> Result<(Array2<f64>, Array1<f64>, Array1<f64>)> {
        let folds = inner_folds(rows, self.folds)?;
        let validated: Vec<usize> = folds.iter().flat_map(|fold| fold.validation.iter().copied()).collect();
        let mut forecasts = Array2::zeros((validated.len(), self.models.len()));
        let mut done = 0;
        for fold in &folds {
            let fit = Chosen::of(rows, &fold.fit);
            let (fit, x) = (fit.like(rows)?, rows.x().select(Axis(0), &fold.validation));
            for (at, model) in self.models.iter().enumerate() {
                let said = model.fit(&fit)?.predict(x.view())?;
                let mut column = forecasts.column_mut(at);
                column.slice_mut(ndarray::s![done..done + said.len()]).assign(&said);
            }
            done += fold.validation.len();
        }
        let targets = rows.y().select(Axis(0), &validated);
        let weights = validated.iter().map(|row| rows.weight(*row)).collect();
        Ok((forecasts, targets, weights))
    }
}

/// A fitted stack: `y = sum over models of share * forecast`.
#[derive(Debug, Clone, PartialEq)]
pub struct StackModel {
    /// The share of each model, above 0, and the model.
    pub(crate) parts: Vec<(f32, FittedModel)>,
    /// The share of every model, in the order in which they were given.
    shares: Vec<f32>,
    pub(crate) features: usize,
}

impl StackModel {
    /// Point forecasts of a batch of rows.
    ///
    /// # Shape
    /// `x` is rows x features; one forecast a row.
    ///
    /// # Errors
    /// [`Error::Shape`] when `x` has another number of features than the training rows.
    pub fn predict(&self, x: ArrayView2<'_, f32>) -> Result<Array1<f64>> {
        crate::error::check_shape("x (features)", self.features, x.ncols())?;
        let mut sum = Array1::zeros(x.nrows());
        for (share, model) in &self.parts {
            sum.scaled_add(f64::from(*share), &model.predict(x)?);
        }
        Ok(sum)
    }

    /// Number of features.
    pub fn features(&self) -> usize {
        self.features
    }

    /// The share of every model, in the order in which they were given; 0 for one that was left out.
    pub fn shares(&self) -> &[f32] {
        &self.shares
    }

    pub(crate) fn magnitude(&self, row: ArrayView1<'_, f32>) -> f64 {
        self.parts.iter().map(|(share, model)| f64::from(*share) * model.magnitude(row)).sum()
    }
}

/// `argmin over w >= 0 of sum_i weight_i (y_i - f_i w)^2`, by coordinate descent on the normal equations.
fn non_negative_least_squares(f: &Array2<f64>, y: &Array1<f64>, weights: &Array1<f64>) -> Vec<f64> {
    const SWEEPS: usize = 10_000;
    /// A share that changes by less stands.
    const STILL: f64 = 1e-12;
    let weighted = f * &weights.view().insert_axis(Axis(1));
    let (gram, cross) = (f.t().dot(&weighted), weighted.t().dot(y));
    let mut shares = Array1::<f64>::zeros(f.ncols());
    for _ in 0..SWEEPS {
        let mut moved = 0.0_f64;
        for at in 0..shares.len() {
            let own = gram[[at, at]];
            // A model that says 0 of every row can have no share.
            if own <= 0.0 {
                continue;
            }
            let next = (shares[at] + (cross[at] - gram.row(at).dot(&shares)) / own).max(0.0);
            moved = moved.max((next - shares[at]).abs());
            shares[at] = next;
        }
        if moved < STILL {
            break;
        }
    }
    shares.to_vec()
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn shares_by_hand() {
        let f = array![[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]];
        let ones = array![1.0, 1.0, 1.0];
        // Free least squares gives (0.5, 0.25) exactly; a negative share is held at 0: sum f1 y / sum f1^2.
        let close = |found: Vec<f64>, expected: [f64; 2]| {
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{found:?}");
        };
        close(non_negative_least_squares(&f, &array![0.5, 0.25, 0.75], &ones), [0.5, 0.25]);
        close(non_negative_least_squares(&f, &array![1.0, -1.0, 0.0], &ones), [0.5, 0.0]);
        close(non_negative_least_squares(&(f * 0.0), &array![1.0, -1.0, 0.0], &ones), [0.0, 0.0]);
    }
}

//! Search for hyperparameters, on inner folds alone.

use ndarray::Axis;

use crate::inner_folds::{Chosen, InnerFold, inner_folds};
use crate::{Error, FittedModel, Forecaster, ModelSpec, Result, TrainingRows};

/// Tries candidates on inner folds, and fits the best on all rows.
///
/// The best has the least weighted mean squared error over all validated rows together; of equal ones the first. A candidate that
/// fails is passed over, and the search fails only when all do.
///
/// # Missing values
/// As the candidates treat them.
///
/// # Errors
/// Fitting fails without candidates, with too few groups of rows for the inner folds, and with the last candidate's error when none could
/// be fitted.
#[derive(Debug)]
pub struct Search {
    /// The candidates with what they are.
    pub candidates: Vec<(ModelSpec, Box<dyn Forecaster>)>,
    /// Number of inner folds, at least 1.
    pub folds: usize,
}

impl Forecaster for Search {
    fn fit(&self, rows: &TrainingRows<'_>) -> Result<FittedModel> {
        let folds = inner_folds(rows, self.folds)?;
        let mut outcome = Err(Error::Empty { what: "the list of candidates" });
        for (spec, candidate) in &self.candidates {
            let loss = validation_loss(candidate.as_ref(), rows, &folds);
            outcome = match (outcome, loss) {
                (Ok((best, _, _)), Ok(loss)) if loss < best => Ok((loss, spec, candidate)),
                (Err(_), Ok(loss)) => Ok((loss, spec, candidate)),
                (Err(_), Err(error)) => Err(error),
                (best, _) => best,
            };
        }
        let (_, spec, candidate) = outcome?;
        Ok(FittedModel::Searched { chosen: spec.clone(), model: Box::new(candidate.fit(rows)?) })
    }
}

fn validation_loss(candidate: &dyn Forecaster, rows: &TrainingRows<'_>, folds: &[InnerFold]) -> Result<f64> {
    let (mut sum, mut whole) = (0.0, 0.0);
    for fold in folds {
        let fit = Chosen::of(rows, &fold.fit);
        let model = candidate.fit(&fit.like(rows)?)?;
        let said = model.predict(rows.x().select(Axis(0), &fold.validation).view())?;
        for (row, forecast) in fold.validation.iter().zip(said) {
            sum += rows.weight(*row) * (rows.y()[*row] - forecast).powi(2);
            whole += rows.weight(*row);
        }
    }
    let loss = sum / whole;
    if loss.is_finite() { Ok(loss) } else { Err(Error::NotFinite { what: "a validation loss", row: 0 }) }
}

//! Partial least squares.
//!
//! linfa-pls centres rows itself, so that it cannot weigh them, and copies all of them for every component; on second
//! moments the same components take a few products of small matrices.

use ndarray::Array1;

use crate::moments::Moments;
use crate::{Error, FittedModel, Forecaster, Preprocessing, Result, TrainingRows};

/// Least squares on the few directions of the standardised features that vary most together with the target.
///
/// Each component is the direction of largest covariance with what of the target is not explained yet; features that say
/// the same share a component instead of cancelling each other.
///
/// # Units
/// `components` is a number of directions: 1 weighs every feature by its own covariance with the target, as many as there
/// are features is least squares. Where fewer explain all there is, no more are used.
///
/// # Missing values
/// Filled with training medians (see [`Preprocessing`]).
///
/// # Errors
/// Fitting fails unless `1 <= components <= features`.
///
/// # Source
/// Wold (1966); computed by the improved kernel algorithm of Dayal & MacGregor (1997). The fit is that of scikit-learn's
/// `PLSRegression`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pls {
    /// Number of directions.
    pub components: usize,
}

/// Below this, relative to where it began, a covariance or variance is rounding error.
const EXHAUSTED: f64 = 1e-12;

impl Forecaster for Pls {
    fn fit(&self, rows: &TrainingRows<'_>) -> Result<FittedModel> {
        if self.components == 0 || self.components > rows.x().ncols() {
            return Err(Error::Hyperparameter {
                model: "pls",
                parameter: "components",
                value: self.components as f64,
                allowed: "at least 1 and at most the number of features",
            });
        }
        let preprocessing = Preprocessing::fit(rows);
        let moments = Moments::of(&preprocessing, rows);
        let coefficients = self.coefficients(&moments);
        Ok(moments.into_model(preprocessing, &coefficients)?.into())
    }
}

impl Pls {
    fn coefficients(self, moments: &Moments) -> Array1<f64> {
        let mut coefficients = Array1::zeros(moments.cross.len());
        let mut cross = moments.cross.clone();
        let first = cross.dot(&cross).sqrt();
        // Of each component how scores come from features, and how features come from scores.
        let mut components: Vec<(Array1<f64>, Array1<f64>)> = Vec::with_capacity(self.components);
        for _ in 0..self.components {
            let norm = cross.dot(&cross).sqrt();
            if norm <= EXHAUSTED * first {
                break;
            }
            let weights = &cross / norm;
            let mut rotation = weights.clone();
            for (earlier, loadings) in &components {
                rotation.scaled_add(-loadings.dot(&weights), earlier);
            }
            let projected = moments.gram.dot(&rotation);
            let variance = rotation.dot(&projected);
            if variance <= EXHAUSTED * moments.weight {
                break;
            }
            let loadings = projected / variance;
            let slope = rotation.dot(&cross) / variance;
            cross.scaled_add(-slope * variance, &loadings);
            coefficients.scaled_add(slope, &rotation);
            components.push((rotation, loadings));
        }
        coefficients
    }
}

//! What it takes to be a forecaster.

use crate::{FittedModel, Result, TrainingRows};

/// A recipe that has seen no data yet; fitting it gives a [`FittedModel`], which can only predict.
pub trait Forecaster: std::fmt::Debug + Send + Sync {
    /// Learns from training rows. The same rows give the same model, bit by bit.
    ///
    /// # Errors
    /// When the rows have other features than the recipe was made for, a hyperparameter is out of range, or the
    /// solver fails.
    fn fit(&self, rows: &TrainingRows<'_>) -> Result<FittedModel>;
}

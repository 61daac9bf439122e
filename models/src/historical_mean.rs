//! The historical mean: next week is like the average week.

use crate::{FittedModel, Forecaster, LinearModel, Result, TrainingRows};

/// Forecasts the weighted mean of the training targets, whatever the features.
///
/// ```
/// use ndarray::array;
/// use weekahead_models::{Forecaster, HistoricalMean, TrainingRows};
/// let (x, y) = (array![[1.0_f32], [2.0]], array![0.25, 0.75]);
/// let rows = TrainingRows::new(x.view(), y.view()).unwrap();
/// assert_eq!(HistoricalMean.fit(&rows).unwrap().predict(x.view()).unwrap(), array![0.5, 0.5]);
/// ```
///
/// # Source
/// Welch & Goyal (2008), A Comprehensive Look at the Empirical Performance of Equity Premium Prediction: the
/// benchmark that few predictors beat out of sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoricalMean;

impl Forecaster for HistoricalMean {
    fn fit(&self, rows: &TrainingRows<'_>) -> Result<FittedModel> {
        Ok(LinearModel::constant(rows.x().ncols(), rows.mean_target())?.into())
    }
}

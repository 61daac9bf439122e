//! The random walk: next week's price is today's.

use crate::{FittedModel, Forecaster, LinearModel, Result, TrainingRows};

/// Forecasts a log return of 0, whatever the features. No model may be promoted without beating it.
///
/// ```
/// use ndarray::array;
/// use weekahead_models::{Forecaster, RandomWalk, TrainingRows};
/// let (x, y) = (array![[1.0_f32], [2.0]], array![0.1, 0.3]);
/// let fitted = RandomWalk.fit(&TrainingRows::new(x.view(), y.view()).unwrap()).unwrap();
/// assert_eq!(fitted.predict(x.view()).unwrap(), array![0.0, 0.0]);
/// ```
///
/// # Source
/// Hyndman & Athanasopoulos, Forecasting: Principles and Practice (3rd ed.), section 5.2, the naive method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RandomWalk;

impl Forecaster for RandomWalk {
    fn fit(&self, rows: &TrainingRows<'_>) -> Result<FittedModel> {
        Ok(LinearModel::constant(rows.x().ncols(), 0.0)?.into())
    }
}

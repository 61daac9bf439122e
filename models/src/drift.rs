//! Drift: the instrument goes on as it went on average.

use weekahead_market::Horizon;

use crate::{Error, FittedModel, Forecaster, LinearModel, Preprocessing, Result, TrainingRows};

/// Forecasts `horizon * m`, where `m` is the feature that holds the instrument's mean daily log return.
///
/// ```
/// use ndarray::array;
/// use weekahead_market::Horizon;
/// use weekahead_models::{Drift, Forecaster, TrainingRows};
/// let (x, y) = (array![[7.0_f32, 0.25], [7.0, -0.5]], array![0.0, 0.0]);
/// let drift = Drift { column: 1, horizon: Horizon::WEEK };
/// let fitted = drift.fit(&TrainingRows::new(x.view(), y.view()).unwrap()).unwrap();
/// assert_eq!(fitted.predict(x.view()).unwrap(), array![1.25, -2.5]);
/// ```
///
/// # Units
/// Log returns; `m` per session.
///
/// # Missing values
/// Without a mean return the forecast is 0: without history there is no drift. A mean beyond -1..1 a session, which no
/// price series has, is clipped there.
///
/// # Source
/// Hyndman & Athanasopoulos, Forecasting: Principles and Practice (3rd ed.), section 5.2, the drift method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drift {
    /// The column of the mean daily log return, from 0.
    pub column: usize,
    /// Sessions ahead.
    pub horizon: Horizon,
}

impl Forecaster for Drift {
    fn fit(&self, rows: &TrainingRows<'_>) -> Result<FittedModel> {
        let features = rows.x().ncols();
        let mut coefficients = vec![0.0; features];
        let column = coefficients.get_mut(self.column);
        *column.ok_or(Error::Shape { what: "x (features)", expected: self.column + 1, found: features })? =
            self.horizon.get() as f64;
        Ok(LinearModel::new(Preprocessing::identity(features, 1.0), &coefficients, 0.0)?.into())
    }
}

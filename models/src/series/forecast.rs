//! What a model of one series says of the steps ahead.

use statrs::distribution::{ContinuousCDF, Normal};
use weekahead_market::Horizon;

use crate::{Error, Result};

/// Normal distributions, one a step ahead.
///
/// # Units
/// Those of the series.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesForecast {
    /// The model that was chosen, such as `ETS(A,Ad,N)` or `Theta(DOTM)`.
    pub model: &'static str,
    /// The forecast of each step.
    pub mean: Vec<f64>,
    /// Its standard deviation, which does not count that parameters are estimates.
    pub standard_deviation: Vec<f64>,
    /// The corrected Akaike criterion, where the model was chosen by it: comparable among models of one series.
    pub aicc: Option<f64>,
    /// The mean squared error of the one-step forecasts within the series.
    pub mse: f64,
}

impl SeriesForecast {
    /// The quantile of each step: `mean + z standard_deviation`, where `z` is the standard normal quantile.
    ///
    /// ```
    /// use weekahead_market::Horizon;
    /// use weekahead_models::AutoTheta;
    /// let forecast = AutoTheta.forecast(&[2.0; 20], Horizon::WEEK).unwrap();
    /// assert_eq!(forecast.quantile(0.975).unwrap(), [2.0; 5]);
    /// ```
    ///
    /// # Errors
    /// [`Error::Levels`] unless the level lies in (0, 1).
    pub fn quantile(&self, level: f64) -> Result<Vec<f64>> {
        if !(level > 0.0 && level < 1.0) {
            return Err(Error::Levels { level, position: 0 });
        }
        let z = Normal::standard().inverse_cdf(level);
        Ok(self
            .mean
            .iter()
            .zip(&self.standard_deviation)
            .map(|(mean, deviation)| mean + z * deviation)
            .collect())
    }

    /// A series that never moved stays.
    pub(super) fn constant(model: &'static str, value: f64, horizon: Horizon) -> Self {
        let (mean, standard_deviation) = (vec![value; horizon.get()], vec![0.0; horizon.get()]);
        Self { model, mean, standard_deviation, aicc: None, mse: 0.0 }
    }
}

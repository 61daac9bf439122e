//! Forecasters whose rows are windows of one series: they learn nothing from other rows.

use ndarray::{Array1, ArrayView1, ArrayView2, Axis};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use weekahead_market::Horizon;

use crate::error::{check_range, check_shape};
use crate::{AutoEts, AutoTheta, FittedModel, Forecaster, Result, SeriesForecast, TrainingRows};

/// Forecasts a row from a window of closes, by a model that is fitted on that window alone.
///
/// `f = ln(c_h / c_0)`, where `c_0` is the last close of the window and `c_h` the mean that [`AutoEts`] or [`AutoTheta`]
/// forecasts for the horizon; the ratio is held within 1/100 and 100.
///
/// # Shape
/// A row of `x` is a window, the latest close last.
///
/// # Missing values
/// What comes before the last value that is missing is not looked at. A window too short for the model gives 0, the random
/// walk.
///
/// # Errors
/// Fitting fails unless the window has 20 to 5,000 sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeriesForecaster {
    /// The model of a window.
    pub method: SeriesMethod,
    /// Closes in a window.
    pub window: usize,
    /// Sessions ahead.
    pub horizon: Horizon,
}

/// A model of one series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeriesMethod {
    /// [`AutoEts`].
    Ets,
    /// [`AutoTheta`].
    Theta,
}

impl Forecaster for SeriesForecaster {
    fn fit(&self, rows: &TrainingRows<'_>) -> Result<FittedModel> {
        check_range("series", "window", self.window as f64, 20.0..=5_000.0, "20 to 5,000")?;
        check_shape("x (closes)", self.window, rows.x().ncols())?;
        Ok(FittedModel::Series(SeriesModel { forecaster: *self }))
    }
}

/// A [`SeriesForecaster`] that may predict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeriesModel {
    forecaster: SeriesForecaster,
}

/// The least and greatest price, relative to the last close, that a forecast may name.
const BOUNDS: (f64, f64) = (0.01, 100.0);

impl SeriesModel {
    /// Point forecasts of a batch of windows, on all cores.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) for windows of another length.
    pub fn predict(&self, x: ArrayView2<'_, f32>) -> Result<Array1<f64>> {
        check_shape("x (closes)", self.forecaster.window, x.ncols())?;
        let windows: Vec<ArrayView1<'_, f32>> = x.axis_iter(Axis(0)).collect();
        let forecasts: Result<Vec<f64>> =
            windows.into_par_iter().map(|window| self.forecast(window)).collect();
        forecasts.map(Array1::from)
    }

    /// Closes in a window.
    pub fn features(&self) -> usize {
        self.forecaster.window
    }

    fn forecast(&self, window: ArrayView1<'_, f32>) -> Result<f64> {
        let SeriesForecaster { method, horizon, .. } = self.forecaster;
        let from = window.iter().rposition(|close| !close.is_finite()).map_or(0, |missing| missing + 1);
        let closes: Vec<f64> = window.iter().skip(from).map(|close| f64::from(*close)).collect();
        let shortest = match method {
            SeriesMethod::Ets => AutoEts::SHORTEST,
            SeriesMethod::Theta => AutoTheta::SHORTEST,
        };
        let Some(last) = closes.last().filter(|_| closes.len() >= shortest) else { return Ok(0.0) };
        let forecast: SeriesForecast = match method {
            SeriesMethod::Ets => AutoEts::default().forecast(&closes, horizon)?,
            SeriesMethod::Theta => AutoTheta.forecast(&closes, horizon)?,
        };
        let ahead = forecast.mean.last().copied().unwrap_or(*last);
        Ok((ahead / last).clamp(BOUNDS.0, BOUNDS.1).ln())
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    fn model(method: SeriesMethod) -> FittedModel {
        let forecaster = SeriesForecaster { method, window: 40, horizon: Horizon::WEEK };
        let (x, y) = (Array2::zeros((1, 40)), Array1::zeros(1));
        forecaster.fit(&TrainingRows::new(x.view(), y.view()).unwrap()).unwrap()
    }

    #[test]
    fn a_line_goes_on_and_a_gap_hides_what_was_before() {
        let line = |at: usize| 50.0 + at as f32;
        let mut x = Array2::from_shape_fn((4, 40), |(_, at)| line(at));
        // Nonsense before a gap; too little after one; nothing at all.
        x.row_mut(1).indexed_iter_mut().for_each(|(at, v)| {
            if at < 15 {
                *v = if at == 14 { f32::NAN } else { 9e9 }
            }
        });
        x.row_mut(2).indexed_iter_mut().for_each(|(at, v)| {
            if at < 38 {
                *v = f32::NAN
            }
        });
        x.row_mut(3).fill(f32::NAN);
        let expected = (94.0_f64 / 89.0).ln();
        let ets = model(SeriesMethod::Ets).predict(x.view()).unwrap();
        assert!((ets[0] - expected).abs() < 1e-4 && (ets[1] - expected).abs() < 1e-4, "{ets}");
        assert_eq!((ets[2], ets[3]), (0.0, 0.0));
        // Theta takes half of a line's slope.
        let theta = model(SeriesMethod::Theta).predict(x.view()).unwrap();
        assert!(theta[0] > 0.2 * expected && theta[0] < 1.1 * expected, "{theta} {expected}");
    }
}

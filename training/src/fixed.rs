//! Forecasts of models that no fold teaches: made once, looked up in every fold.

use ndarray::{Array1, Axis};
use weekahead_market::Calendar;
use weekahead_models::{ModelContext, ModelInput, ModelSpec, TrainingRows};

use crate::backtest::{rows_of, weekly_origins};
use crate::imports::ImportedModel;
use crate::plan::PlanSettings;
use crate::{Dataset, Result};

/// A point forecast a row of the data set; NaN where the model has none.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FixedForecasts(Vec<f64>);

impl FixedForecasts {
    /// Those of a model of one series, of all weekly origins; `None` for a model that learns from rows.
    ///
    /// # Errors
    /// Those of the model.
    pub(crate) fn of(
        dataset: &Dataset,
        calendar: &Calendar,
        spec: &ModelSpec,
        settings: &PlanSettings,
    ) -> Result<Option<Self>> {
        let ModelInput::Closes(window) = spec.input() else { return Ok(None) };
        let rows = rows_of(dataset, &weekly_origins(dataset, calendar), |_| true);
        let windows = dataset.close_windows(&rows, window);
        let targets = dataset.y.select(Axis(0), &rows);
        let context =
            ModelContext { features: &dataset.features, horizon: settings.horizon, seed: settings.seed };
        let model = spec.forecaster(context)?.fit(&TrainingRows::new(windows.view(), targets.view())?)?;
        Ok(Some(Self::spread(dataset, rows, model.predict(windows.view())?)))
    }

    /// Those of an imported model, of all weekly origins that are later than any target that it may have seen.
    ///
    /// # Errors
    /// Those of the model; [`crate::Error::Market`] outside the calendar.
    pub(crate) fn of_imported(
        dataset: &Dataset,
        calendar: &Calendar,
        imported: &ImportedModel,
    ) -> Result<Self> {
        let seen = imported.seen_until(calendar, dataset.horizon)?;
        let unseen = |row: usize| dataset.keys[row].origin > seen;
        let rows = rows_of(dataset, &weekly_origins(dataset, calendar), unseen);
        let x = dataset.x.select(Axis(0), &rows);
        Ok(Self::spread(dataset, rows, imported.model.predict(x.view())?))
    }

    /// Forecasts of some rows, each in its place.
    fn spread(dataset: &Dataset, rows: Vec<usize>, forecasts: Array1<f64>) -> Self {
        let mut points = vec![f64::NAN; dataset.len()];
        rows.into_iter().zip(forecasts).for_each(|(row, forecast)| points[row] = forecast);
        Self(points)
    }

    /// Whether there is a forecast of each of some rows.
    pub(crate) fn covers(&self, rows: &[usize]) -> bool {
        rows.iter().all(|row| self.0[*row].is_finite())
    }

    /// The forecasts of some rows.
    pub(crate) fn points(&self, rows: &[usize]) -> Array1<f64> {
        rows.iter().map(|row| self.0[*row]).collect()
    }
}

//! A picture with its name, and the set of them that every run has.

use super::{calibration, cumulative_rank_ic, cumulative_skill, forecast_fan, residuals};
use crate::evaluation::LossSeries;
use crate::{Backtest, Dataset, PlanSettings, Result};

/// A drawn picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// What it is called among the pictures of a run.
    pub name: &'static str,
    /// The model and what is shown.
    pub title: String,
    /// The drawing, title included.
    pub svg: String,
}

impl Picture {
    /// Where it lies among the artifacts of a run.
    pub fn artifact_path(&self) -> String {
        format!("plots/{}.svg", self.name)
    }
}

/// The pictures of a backtest, beside the losses of the random walk on the same origins.
///
/// # Errors
/// [`Error::Plot`](crate::Error::Plot) when one cannot be drawn.
pub fn of_backtest(
    backtest: &Backtest,
    baseline: &LossSeries,
    dataset: &Dataset,
    settings: &PlanSettings,
) -> Result<Vec<Picture>> {
    Ok(vec![
        cumulative_skill(backtest, baseline, settings.loss)?,
        cumulative_rank_ic(backtest, dataset)?,
        forecast_fan(backtest, dataset, &settings.levels)?,
        calibration(backtest, dataset, &settings.levels)?,
        residuals(backtest, dataset)?,
    ])
}

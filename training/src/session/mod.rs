//! A training session: backtest every model, record, register, decide.

mod decide;
mod record;
mod report;
mod walk;

use std::sync::Arc;

use jiff::Timestamp;
use weekahead_lake::Lake;
use weekahead_market::{AsOf, Calendar};
use weekahead_models::onnx::OnnxRuntime;
use weekahead_tracker::Tracker;
use weekahead_warehouse::Warehouse;

use crate::recording::Recording;
use crate::{Dataset, ExperimentPlan, Result};

pub use report::{LeaderboardRow, Progress, TrainingReport};

/// What a session works with.
#[derive(Debug, Clone)]
pub struct Session {
    /// The lake, for lineage.
    pub lake: Lake,
    /// The warehouse.
    pub warehouse: Warehouse,
    /// The tracker.
    pub tracker: Tracker,
    /// ONNX Runtime, for the parity check.
    pub runtime: OnnxRuntime,
    /// The exchange calendar.
    pub calendar: Calendar,
}

impl Session {
    /// Trains by a plan on what is known at `as_of`.
    ///
    /// The same plan on the same rows is one session: when it broke off it is continued, when it is done nothing is
    /// written again.
    ///
    /// # Errors
    /// [`Error::TooFew`] for a short history; [`Error::Parity`]; errors of the stores. A failed session's runs end as
    /// FAILED with the reason.
    pub async fn train(
        &self,
        plan: &ExperimentPlan,
        as_of: AsOf,
        written_at: Timestamp,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<TrainingReport> {
        let horizon = plan.settings.horizon;
        let dataset =
            Dataset::read(&self.warehouse, &self.calendar, &plan.view, &plan.symbols, horizon, as_of).await?;
        let dataset = Arc::new(dataset);
        let backtests = self.backtest_all(plan, &dataset, progress).await?;
        let recording = Recording::open(&self.tracker, plan, &dataset, written_at.as_millisecond()).await?;
        let already_recorded = recording.is_finished();
        if !already_recorded {
            let recorded = self.record(plan, &dataset, &backtests, &recording, written_at, progress).await;
            if let Err(error) = recorded {
                // The first error is the one to report, whatever becomes of the mark.
                let _ = recording.fail(&error.to_string()).await;
                return Err(error);
            }
        }
        self.report(plan, &dataset, &backtests, already_recorded).await
    }
}

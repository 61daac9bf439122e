//! A training session: backtest every model, record, register, decide.

mod check;
mod decide;
mod imported;
mod incumbent;
mod record;
mod report;
mod resume;
#[cfg(test)]
mod testing;
mod walk;

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use weekahead_lake::Lake;
use weekahead_market::{AsOf, Calendar};
use weekahead_models::onnx::OnnxRuntime;
use weekahead_tracker::Tracker;
use weekahead_warehouse::Warehouse;

use crate::imports::ImportedModels;
use crate::pending::{Pending, PendingFiles};
use crate::recording::Recording;
use crate::{Dataset, ExperimentPlan, FoldStore, Result, folds};

pub use report::{Exclusion, LeaderboardRow, Progress, TrainingReport};
pub use resume::OpenRuns;
use walk::{Walk, Walked};

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
    /// The directory of results that are not recorded yet.
    pub directory: PathBuf,
    /// The runs that it has open, for whoever has to stop it.
    pub open_runs: OpenRuns,
}

/// Who is told how far a session is.
type Listener<'a> = &'a (dyn Fn(Progress) + Send + Sync);

impl Session {
    /// Sends what is pending, then trains by a plan on what is known at `as_of`.
    ///
    /// The same plan on the same rows is one session: when it broke off it is continued, from its results on disk; when it
    /// is done nothing is written again. A model that cannot be fitted is left out, with the reason; only the baseline
    /// cannot.
    ///
    /// # Errors
    /// [`crate::Error::TooFew`] for a short history; errors of the baseline and of the stores. A session that fails while
    /// it is recorded ends its runs as FAILED with the reason, unless the tracker is away: it is then pending.
    pub async fn train(
        &self,
        plan: &ExperimentPlan,
        as_of: AsOf,
        written_at: Timestamp,
        progress: Listener<'_>,
    ) -> Result<TrainingReport> {
        let sent = self.send_pending(progress).await?;
        let (plan, imported) = &self.imported(plan).await?;
        let dataset = self.dataset(plan, as_of).await?;
        let session_key = plan.session_key(&dataset.digest());
        match sent.into_iter().find(|report| report.session_key == session_key) {
            Some(report) => Ok(report),
            None => self.run(plan, imported, dataset, session_key, written_at, progress).await,
        }
    }

    async fn dataset(&self, plan: &ExperimentPlan, as_of: AsOf) -> Result<Arc<Dataset>> {
        let (horizon, symbols) = (plan.settings.horizon, &plan.symbols);
        let dataset =
            Dataset::read(&self.warehouse, &self.calendar, &plan.view, symbols, horizon, as_of).await?;
        Ok(Arc::new(dataset))
    }

    /// Computes, then sends. In between the session is pending: what is computed is on disk, and how to go on.
    async fn run(
        &self,
        plan: &ExperimentPlan,
        imported: &ImportedModels,
        dataset: Arc<Dataset>,
        session_key: String,
        written_at: Timestamp,
        progress: Listener<'_>,
    ) -> Result<TrainingReport> {
        let folds = Arc::new(folds(&dataset, &self.calendar, &plan.settings)?);
        check::evidence(&dataset, &folds, plan, &self.calendar)?;
        progress(Progress::Dataset { rows: dataset.len(), folds: folds.len() });
        let pending = PendingFiles::within(&self.directory);
        FoldStore::remove_abandoned(&self.directory, &pending.keys());
        let store = FoldStore::open(&self.directory, &session_key)?;
        let walk = Walk {
            dataset: &dataset,
            folds: &folds,
            plan,
            imported,
            calendar: &self.calendar,
            runtime: &self.runtime,
            store: &store,
            progress,
        };
        let walked = walk.all().await?;
        pending.add(&session_key, &Pending::new(plan, dataset.as_of, written_at))?;
        let report = self.send(plan, &dataset, walked, &session_key, written_at, progress).await?;
        pending.remove(&session_key)?;
        store.remove()?;
        Ok(report)
    }

    /// Records what was computed, unless it is recorded already.
    async fn send(
        &self,
        plan: &ExperimentPlan,
        dataset: &Dataset,
        walked: Walked,
        session_key: &str,
        written_at: Timestamp,
        progress: Listener<'_>,
    ) -> Result<TrainingReport> {
        let now_ms = written_at.as_millisecond();
        let recording = Recording::open(&self.tracker, plan, dataset, session_key, now_ms).await?;
        if let Some(reason) = recording.finished_with() {
            return self.report(plan, dataset, walked, session_key, reason.to_owned(), true).await;
        }
        // Cleared where the session ends, not where it is dropped: who drops it has these runs to end.
        self.open_runs.set(Some(recording.session()));
        let recorded = self.record(plan, dataset, walked, &recording, written_at, progress).await;
        self.open_runs.set(None);
        match recorded {
            Ok((walked, reason)) => self.report(plan, dataset, walked, session_key, reason, false).await,
            Err(error) => {
                if !error.is_tracker_away() {
                    // The first error is the one to report, whatever becomes of the mark.
                    let _ = recording.fail(&error.to_string()).await;
                }
                Err(error)
            }
        }
    }
}

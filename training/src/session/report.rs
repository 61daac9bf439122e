//! What a session tells while it runs, and at its end.

use jiff::Timestamp;
use weekahead_market::AsOf;
use weekahead_tracker::ModelVersion;

use super::Session;
use crate::evaluation::Metrics;
use crate::recording::Recording;
use crate::{Backtest, Dataset, Error, ExperimentPlan, Result};

/// How far a session is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// The data set has been read.
    Dataset {
        /// Its rows.
        rows: usize,
        /// The folds it is cut into.
        folds: usize,
    },
    /// A model has been walked forward.
    Backtested {
        /// The model.
        model: String,
        /// Models done.
        done: usize,
        /// Models in all.
        whole: usize,
    },
    /// A model has been recorded and registered.
    Registered {
        /// The model.
        model: String,
        /// Its version.
        version: u32,
        /// Models done.
        done: usize,
    },
}

/// What came out of a session.
#[derive(Debug, Clone)]
pub struct TrainingReport {
    /// Rows learned from.
    pub rows: usize,
    /// Folds walked.
    pub folds: usize,
    /// The first and last test origin.
    pub tested: (weekahead_market::Session, weekahead_market::Session),
    /// The models, best first.
    pub leaderboard: Vec<LeaderboardRow>,
    /// Who is champion now.
    pub champion: Option<(u32, String)>,
    /// Why.
    pub reason: String,
    /// Whether the session had been recorded before.
    pub already_recorded: bool,
}

/// A model's place.
#[derive(Debug, Clone, PartialEq)]
pub struct LeaderboardRow {
    /// The model.
    pub model: String,
    /// Its metrics over all folds.
    pub metrics: Metrics,
}

impl Session {
    pub(super) async fn report(
        &self,
        plan: &ExperimentPlan,
        dataset: &Dataset,
        backtests: &[Backtest],
        already_recorded: bool,
    ) -> Result<TrainingReport> {
        let champion = self.tracker.version_by_alias(&plan.model_name, ModelVersion::CHAMPION).await?;
        let decisions = self.warehouse.promotions(AsOf::at(Timestamp::MAX), &plan.model_name).await?;
        let reason = decisions.last().map(|decision| decision.reason.clone()).unwrap_or_default();
        let origin = |row: Option<&usize>| row.map(|row| dataset.keys[*row].origin);
        let tested = origin(backtests[0].rows.first()).zip(origin(backtests[0].rows.last()));
        let no_rows = || Error::NoRows { view: dataset.view.clone(), as_of: dataset.as_of };
        let mut leaderboard: Vec<_> = backtests
            .iter()
            .map(|backtest| LeaderboardRow { model: backtest.spec.to_string(), metrics: backtest.metrics })
            .collect();
        leaderboard.sort_by(|a, b| a.metrics.mae.total_cmp(&b.metrics.mae));
        Ok(TrainingReport {
            rows: dataset.len(),
            folds: backtests[0].fold_metrics.len(),
            tested: tested.ok_or_else(no_rows)?,
            leaderboard,
            champion: champion.map(|v| (v.version, Recording::spec_of(&v).unwrap_or_default().to_owned())),
            reason,
            already_recorded,
        })
    }
}

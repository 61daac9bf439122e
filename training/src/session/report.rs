//! What a session tells while it runs, and at its end.

use weekahead_market::AsOf;
use weekahead_models::ModelSpec;
use weekahead_tracker::ModelVersion;

use super::walk::Walked;
use super::{Session, check};
use crate::evaluation::Metrics;
use crate::recording::Recording;
use crate::{Dataset, Error, ExperimentPlan, Result};

/// How far a session is.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// A session that was pending goes on.
    Resumed {
        /// Where its reader stood.
        as_of: AsOf,
    },
    /// A session that was pending cannot go on now; it stays pending.
    NotResumed {
        /// Why.
        reason: String,
    },
    /// The data set has been read.
    Dataset {
        /// Its rows.
        rows: usize,
        /// The folds it is cut into.
        folds: usize,
    },
    /// A model has been fitted once more.
    Fitted {
        /// The model.
        model: String,
        /// Fits done: one a model and fold, and one more a model, on all rows.
        done: usize,
        /// Fits in all.
        whole: usize,
    },
    /// A model is left out.
    Excluded(Exclusion),
    /// A model has been recorded and, if it has an artifact, registered.
    Registered {
        /// The model.
        model: String,
        /// Its version.
        version: Option<u32>,
        /// Models done.
        done: usize,
    },
}

/// A model that a session goes on without.
#[derive(Debug, Clone, PartialEq)]
pub struct Exclusion {
    /// The model.
    pub model: ModelSpec,
    /// Why.
    pub reason: String,
}

/// What came out of a session.
#[derive(Debug, Clone)]
pub struct TrainingReport {
    /// The session's key.
    pub session_key: String,
    /// Rows learned from.
    pub rows: usize,
    /// Folds walked.
    pub folds: usize,
    /// The first and last test origin.
    pub tested: (weekahead_market::Session, weekahead_market::Session),
    /// The models, best first.
    pub leaderboard: Vec<LeaderboardRow>,
    /// The models that were left out.
    pub excluded: Vec<Exclusion>,
    /// Features that no row has: models see what they are filled with.
    pub features_all_missing: Vec<String>,
    /// Who is champion now.
    pub champion: Option<(u32, String)>,
    /// Why: this session's decision.
    pub reason: String,
    /// Whether the session had been recorded before.
    pub already_recorded: bool,
}

/// A model's place.
#[derive(Debug, Clone, PartialEq)]
pub struct LeaderboardRow {
    /// The model.
    pub model: String,
    /// Its metrics over all folds that it forecast.
    pub metrics: Metrics,
    /// The origins that it forecast from.
    pub origins: usize,
    /// Whether it can become champion: it has an artifact.
    pub promotable: bool,
}

impl Session {
    pub(super) async fn report(
        &self,
        plan: &ExperimentPlan,
        dataset: &Dataset,
        walked: Walked,
        session_key: &str,
        reason: String,
        already_recorded: bool,
    ) -> Result<TrainingReport> {
        let champion = self.tracker.version_by_alias(&plan.model_name, ModelVersion::CHAMPION).await?;
        let no_rows = || Error::NoRows { view: dataset.view.clone(), as_of: dataset.as_of };
        let baseline = &walked.trained.first().ok_or_else(no_rows)?.backtest;
        let origin = |row: Option<&usize>| row.map(|row| dataset.keys[*row].origin);
        let tested = origin(baseline.rows.first()).zip(origin(baseline.rows.last()));
        let placed = |trained: &super::walk::Trained| LeaderboardRow {
            model: trained.backtest.spec.to_string(),
            metrics: trained.backtest.metrics,
            origins: trained.backtest.losses.len(),
            promotable: trained.artifact.is_some(),
        };
        let mut leaderboard: Vec<_> = walked.trained.iter().map(placed).collect();
        leaderboard.sort_by(|a, b| a.metrics.mae.total_cmp(&b.metrics.mae));
        Ok(TrainingReport {
            session_key: session_key.to_owned(),
            rows: dataset.len(),
            folds: baseline.fold_metrics.len(),
            tested: tested.ok_or_else(no_rows)?,
            leaderboard,
            features_all_missing: check::features_all_missing(dataset),
            champion: champion.map(|v| (v.version, Recording::spec_of(&v).unwrap_or_default().to_owned())),
            reason,
            already_recorded,
            excluded: walked.excluded,
        })
    }
}

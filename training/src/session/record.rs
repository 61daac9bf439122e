//! Recording a session: runs, stored forecasts, versions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rayon::prelude::*;
use serde_json::json;
use weekahead_market::{ForecastKey, Quantile};
use weekahead_tracker::{ModelVersion, Run};
use weekahead_warehouse::BacktestRow;

use super::walk::{Trained, Walked};
use super::{Exclusion, Listener, Progress, Session, check};
use crate::evaluation::{Decision, LossSeries, Metrics};
use crate::plots::{self, Picture};
use crate::recording::{Figures, Recording};
use crate::report::{ReportInput, html};
use crate::{Backtest, Dataset, ExperimentPlan, Lineage, PlanSettings, Result};

/// A model as it is written down.
pub(super) struct Recorded {
    pub(super) trained: Trained,
    pub(super) run: Run,
    /// `None` for a model that has no artifact.
    pub(super) version: Option<ModelVersion>,
    pub(super) figures: Figures,
    pub(super) pictures: Vec<Picture>,
}

impl Recorded {
    /// How the model did.
    pub(super) fn backtest(&self) -> &Backtest {
        &self.trained.backtest
    }

    /// The model's name.
    pub(super) fn name(&self) -> String {
        self.backtest().spec.to_string()
    }
}

impl Session {
    /// Records all models, then the decision; says what was left out after all, and the decision's reason.
    pub(super) async fn record(
        &self,
        plan: &ExperimentPlan,
        dataset: &Dataset,
        walked: Walked,
        recording: &Recording<'_>,
        written_at: Timestamp,
        progress: Listener<'_>,
    ) -> Result<(Walked, String)> {
        recording.end_dead_sessions().await?;
        recording.mark_missing(&check::features_all_missing(dataset)).await?;
        let lineage = Lineage::read(&self.lake, &self.warehouse, dataset.as_of).await?;
        let Walked { trained, mut excluded } = walked;
        let baseline = trained.first().map(|baseline| baseline.backtest.losses.clone()).unwrap_or_default();
        let drawn: Vec<_> =
            trained.par_iter().map(|model| Drawn::of(model, &baseline, dataset, &plan.settings)).collect();
        let mut recorded = Vec::with_capacity(trained.len());
        for (model, drawn) in trained.into_iter().zip(drawn) {
            let scribe = Scribe { session: self, plan, dataset, recording, lineage: &lineage, written_at };
            let spec = model.backtest.spec.clone();
            match scribe.model(model, drawn).await {
                Ok(written) => {
                    let version = written.version.as_ref().map(|version| version.version);
                    let model = written.name();
                    recorded.push(written);
                    progress(Progress::Registered { model, version, done: recorded.len() });
                }
                Err(error) if !recorded.is_empty() && error.is_of_one_model() => {
                    let exclusion = Exclusion { model: spec, reason: error.to_string() };
                    progress(Progress::Excluded(exclusion.clone()));
                    excluded.push(exclusion);
                }
                Err(error) => return Err(error),
            }
        }
        for exclusion in &excluded {
            recording.exclude(&exclusion.model, &exclusion.reason).await?;
        }
        let trial_ratios = recording.trial_ratios().await?;
        let decision = self.decide(plan, dataset, &recorded, &excluded, trial_ratios, written_at).await?;
        let pages = pages(plan, dataset, recording.digest(), &recorded, &lineage, &decision);
        for (recorded, page) in recorded.iter().zip(pages) {
            recording.put_report(&recorded.run, page).await?;
        }
        let (trained, runs): (Vec<_>, Vec<_>) =
            recorded.into_iter().map(|recorded| (recorded.trained, recorded.run)).unzip();
        recording.finish(&runs, leader(&trained), &decision.reason, &json!(decision)).await?;
        Ok((Walked { trained, excluded }, decision.reason))
    }
}

/// The model with the lowest error.
fn leader(trained: &[Trained]) -> Option<&Backtest> {
    let backtests = trained.iter().map(|trained| &trained.backtest);
    backtests.min_by(|one, other| one.metrics.mae.total_cmp(&other.metrics.mae))
}

/// What is shown of a model beside its metrics.
struct Drawn {
    figures: Figures,
    pictures: Vec<Picture>,
}

impl Drawn {
    fn of(
        trained: &Trained,
        baseline: &LossSeries,
        dataset: &Dataset,
        settings: &PlanSettings,
    ) -> Result<Self> {
        let Trained { backtest, artifact } = trained;
        let figures = Figures::of(backtest, baseline, dataset, settings)?;
        let mut pictures = plots::of_backtest(backtest, baseline, dataset, settings)?;
        if let Some(artifact) = artifact {
            pictures.push(plots::importance(&backtest.spec, &artifact.importances)?);
        }
        Ok(Self { figures, pictures })
    }
}

/// Who writes one model down.
struct Scribe<'a> {
    session: &'a Session,
    plan: &'a ExperimentPlan,
    dataset: &'a Dataset,
    recording: &'a Recording<'a>,
    lineage: &'a Lineage,
    written_at: Timestamp,
}

impl Scribe<'_> {
    async fn model(&self, trained: Trained, drawn: Result<Drawn>) -> Result<Recorded> {
        let Trained { backtest, artifact } = &trained;
        let Drawn { figures, pictures } = drawn?;
        let run = self.recording.record(backtest, &figures, &pictures, self.lineage).await?;
        let rows = stored(self.dataset, backtest, &run, self.plan, self.written_at)?;
        self.session.warehouse.write_backtests(&rows).await?;
        let version = match artifact {
            Some(artifact) => {
                self.recording.mark_learned(&run, artifact).await?;
                Some(self.recording.register(&run.info, &backtest.spec, artifact).await?)
            }
            None => None,
        };
        Ok(Recorded { trained, run, version, figures, pictures })
    }
}

/// The page of each recorded model.
fn pages(
    plan: &ExperimentPlan,
    dataset: &Dataset,
    digest: &str,
    recorded: &[Recorded],
    lineage: &Lineage,
    decision: &Decision,
) -> Vec<String> {
    let mut models: Vec<(String, Metrics)> =
        recorded.iter().map(|recorded| (recorded.name(), recorded.backtest().metrics)).collect();
    models.sort_by(|a, b| a.1.mae.total_cmp(&b.1.mae));
    let page = |recorded: &Recorded| {
        let (origins, _) = recorded.backtest().realised(dataset);
        let tested = (*origins.first()?, *origins.last()?);
        let folds = recorded.backtest().by_fold();
        let by_fold: Vec<(String, Metrics)> =
            folds.map(|(fold, metrics)| (fold.to_string(), *metrics)).collect();
        let model = recorded.name();
        Some(html(&ReportInput {
            model: &model,
            view: &dataset.view,
            view_version: &dataset.view_version,
            symbols: plan.symbols.len(),
            as_of: dataset.as_of,
            horizon: dataset.horizon,
            rows: dataset.len(),
            tested_origins: recorded.backtest().losses.len(),
            tested,
            models: &models,
            by_fold: &by_fold,
            by_symbol: &recorded.figures.by_symbol,
            by_regime: &recorded.figures.by_regime,
            pictures: &recorded.pictures,
            promoted: decision.promote.as_deref(),
            reason: &decision.reason,
            digest,
            loads: lineage.load_ids.len(),
            objects: lineage.objects.len(),
            hyperparameters: &recorded.backtest().spec.hyperparameters(),
        }))
    };
    recorded.iter().filter_map(page).collect()
}

/// Whether a model was left out, and why.
pub(super) fn exclusion_of<'a>(excluded: &'a [Exclusion], name: &str) -> Option<&'a Exclusion> {
    excluded.iter().find(|exclusion| exclusion.model.to_string() == name)
}

/// The backtest's forecasts as rows of the warehouse.
fn stored(
    dataset: &Dataset,
    backtest: &Backtest,
    run: &Run,
    plan: &ExperimentPlan,
    written_at: Timestamp,
) -> Result<Vec<BacktestRow>> {
    let levels: BTreeMap<usize, Quantile> = plan
        .settings
        .levels
        .iter()
        .enumerate()
        .map(|(index, level)| Ok((index, Quantile::new(*level)?)))
        .collect::<Result<_>>()?;
    let width = levels.len();
    let row = |index: usize| {
        let key = &dataset.keys[backtest.rows[index]];
        let values = &backtest.quantiles[index * width..(index + 1) * width];
        BacktestRow {
            run_id: run.info.run_id.clone(),
            model: backtest.spec.to_string(),
            model_kind: backtest.spec.kind().to_owned(),
            fold: backtest.folds[index] as u16,
            key: ForecastKey { symbol: key.symbol.clone(), origin: key.origin, horizon: dataset.horizon },
            point: backtest.points[index],
            quantiles: levels.values().copied().zip(values.iter().copied()).collect(),
            target: dataset.y[backtest.rows[index]],
            written_at,
        }
    };
    Ok((0..backtest.rows.len()).map(row).collect())
}

//! A training session: backtest every model, record, register, decide.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;
use weekahead_lake::Lake;
use weekahead_market::{AsOf, Calendar, ForecastKey, Quantile};
use weekahead_models::ModelSpec;
use weekahead_models::onnx::OnnxRuntime;
use weekahead_tracker::{ModelVersion, Run, Tracker};
use weekahead_warehouse::{BacktestRow, PromotionRow, Warehouse};

use crate::evaluation::{Candidate, Decision, Metrics, Policy, decide};
use crate::recording::Recording;
use crate::{Backtest, Dataset, Error, ExperimentPlan, Lineage, Result, backtest, export, fit_on_all, folds};

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

    /// On a thread of its own: fitting would hold up the runtime.
    async fn backtest_all(
        &self,
        plan: &ExperimentPlan,
        dataset: &Arc<Dataset>,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Vec<Backtest>> {
        let folds = Arc::new(folds(dataset, &self.calendar, &plan.settings)?);
        progress(Progress::Dataset { rows: dataset.len(), folds: folds.len() });
        let mut backtests = Vec::with_capacity(plan.models.len());
        for spec in &plan.models {
            let (dataset, folds) = (Arc::clone(dataset), Arc::clone(&folds));
            let (spec, settings) = (spec.clone(), plan.settings.clone());
            let model = spec.to_string();
            let walked = tokio::task::spawn_blocking(move || backtest(&dataset, &folds, &spec, &settings));
            backtests.push(walked.await.map_err(|_| Error::Interrupted)??);
            progress(Progress::Backtested { model, done: backtests.len(), whole: plan.models.len() });
        }
        Ok(backtests)
    }

    async fn record(
        &self,
        plan: &ExperimentPlan,
        dataset: &Dataset,
        backtests: &[Backtest],
        recording: &Recording<'_>,
        written_at: Timestamp,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<()> {
        let lineage = Lineage::read(&self.lake, &self.warehouse, dataset.as_of).await?;
        let mut recorded = Vec::with_capacity(backtests.len());
        for backtest in backtests {
            let run = recording.record(backtest, &backtests[0].losses, &lineage).await?;
            self.warehouse.write_backtests(&stored(dataset, backtest, &run, plan, written_at)?).await?;
            let fitted = fit_on_all(dataset, &self.calendar, &backtest.spec, &plan.settings)?;
            let artifact = export(dataset, &backtest.spec, &fitted, &plan.settings, &self.runtime)?;
            let version = recording.register(&run.info, &backtest.spec, &artifact).await?;
            let (model, done) = (backtest.spec.to_string(), recorded.len() + 1);
            progress(Progress::Registered { model, version: version.version, done });
            recorded.push((run, version));
        }
        let decision = self.decide(plan, dataset, backtests, &recorded, written_at).await?;
        let runs: Vec<Run> = recorded.into_iter().map(|(run, _)| run).collect();
        recording.finish(&runs, &decision.reason, &json!(decision)).await
    }

    /// Decides, writes the decision down, moves the alias: in this order, so that an alias that moved has a reason.
    async fn decide(
        &self,
        plan: &ExperimentPlan,
        dataset: &Dataset,
        backtests: &[Backtest],
        recorded: &[(Run, ModelVersion)],
        decided_at: Timestamp,
    ) -> Result<Decision> {
        if let Some(decision) = self.repeat_decision(plan, recorded).await? {
            return Ok(decision);
        }
        let previous = self.previous_champion(plan, dataset.as_of, decided_at).await?;
        let champion = match &previous {
            Some((version, spec)) => match find(backtests, spec) {
                Some(backtest) => Some(candidate(backtest)),
                None => return Ok(not_comparable(*version, spec)),
            },
            None => None,
        };
        let baseline = candidate(&backtests[0]);
        let challenging = |backtest: &&Backtest| {
            let name = backtest.spec.to_string();
            name != baseline.name && champion.as_ref().is_none_or(|champion| champion.name != name)
        };
        let challengers: Vec<_> = backtests.iter().filter(challenging).map(candidate).collect();
        let policy = Policy {
            loss: plan.settings.loss,
            significance: plan.settings.significance,
            trials: challengers.len(),
            trial_ratios: Vec::new(),
            minimum_origins: plan.settings.minimum_origins,
        };
        let champion = champion.as_ref();
        let horizon = plan.settings.horizon;
        let decision = decide(&challengers, champion, &baseline, &policy, &self.calendar, horizon)?;
        let subject =
            decision.promote.as_deref().or(decision.comparisons.first().map(|c| c.challenger.as_str()));
        let at =
            subject.and_then(|name| backtests.iter().position(|backtest| backtest.spec.to_string() == name));
        let (run, version) = &recorded[at.unwrap_or(0)];
        let row = promotion_row(plan, &decision, &backtests[at.unwrap_or(0)].spec, run, version, decided_at);
        let row = PromotionRow { previous_version: previous.map(|(version, _)| version), ..row };
        self.warehouse.write_promotion(&row).await?;
        let name = &plan.model_name;
        self.tracker.set_version_tag(name, version.version, "weekahead.decision", &decision.reason).await?;
        if decision.promote.is_some() {
            self.tracker.set_alias(name, ModelVersion::CHAMPION, version.version).await?;
        }
        Ok(decision)
    }

    /// A session that broke off after it had decided stands by its decision: the alias may not have moved yet.
    async fn repeat_decision(
        &self,
        plan: &ExperimentPlan,
        recorded: &[(Run, ModelVersion)],
    ) -> Result<Option<Decision>> {
        let decisions = self.warehouse.promotions(AsOf::at(Timestamp::MAX), &plan.model_name).await?;
        let ours = |row: &&PromotionRow| recorded.iter().any(|(run, _)| run.info.run_id == row.run_id);
        let Some(row) = decisions.iter().rev().find(ours) else { return Ok(None) };
        if row.promoted {
            self.tracker.set_alias(&plan.model_name, ModelVersion::CHAMPION, row.model_version).await?;
        }
        let promote = row.promoted.then(|| row.model_kind.clone());
        Ok(Some(Decision { promote, reason: row.reason.clone(), comparisons: Vec::new() }))
    }

    /// The version that was champion before this session, and what it is.
    ///
    /// By the recorded decisions: a session that broke off after moving the alias must not meet itself.
    async fn previous_champion(
        &self,
        plan: &ExperimentPlan,
        as_of: AsOf,
        decided_at: Timestamp,
    ) -> Result<Option<(u32, String)>> {
        let decisions = self.warehouse.promotions(as_of.max(AsOf::at(decided_at)), &plan.model_name).await?;
        let earlier = decisions.iter().rev().find(|row| row.promoted && row.decided_at < decided_at);
        let Some(decision) = earlier else { return Ok(None) };
        let version = self.tracker.model_version(&plan.model_name, decision.model_version).await?;
        Ok(Some((version.version, Recording::spec_of(&version).unwrap_or_default().to_owned())))
    }

    async fn report(
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

/// A champion that the plan does not train cannot be beaten by it.
fn not_comparable(version: u32, spec: &str) -> Decision {
    let reason = format!(
        "version {version} ({spec}) stays champion: the plan does not train that model, so nobody was compared with it; \
         add it to the plan"
    );
    Decision { promote: None, reason, comparisons: Vec::new() }
}

fn find<'a>(backtests: &'a [Backtest], name: &str) -> Option<&'a Backtest> {
    backtests.iter().find(|backtest| backtest.spec.to_string() == name)
}

fn candidate(backtest: &Backtest) -> Candidate {
    Candidate { name: backtest.spec.to_string(), losses: backtest.losses.clone(), promotable: true }
}

fn promotion_row(
    plan: &ExperimentPlan,
    decision: &Decision,
    spec: &ModelSpec,
    run: &Run,
    version: &ModelVersion,
    decided_at: Timestamp,
) -> PromotionRow {
    let own = decision.comparisons.iter().find(|c| c.challenger == spec.to_string());
    let best = decision.comparisons.first();
    // The baseline is compared with nobody: its loss is what the others were held against.
    let loss = own.map(|c| c.loss).or(best.map(|c| c.baseline_loss));
    PromotionRow {
        decided_at,
        model_name: plan.model_name.clone(),
        model_version: version.version,
        model_kind: spec.kind().to_owned(),
        run_id: run.info.run_id.clone(),
        previous_version: None,
        promoted: decision.promote.is_some(),
        metric: plan.settings.loss.name().to_owned(),
        challenger_value: loss.unwrap_or(f64::NAN),
        champion_value: own.or(best).and_then(|c| c.champion_loss).unwrap_or(f64::NAN),
        p_value: own.map_or(f64::NAN, |c| c.p_adjusted),
        reason: decision.reason.clone(),
    }
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

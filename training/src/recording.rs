//! What a training session writes into the tracker: a parent run, a child run a model, data sets, artifacts, versions.
//!
//! Everything is found again by tags and written with the clock's time, so that a session that broke off is continued
//! in the same runs: recording a number twice leaves it once.

mod figures;
mod ground;
mod params;
mod runs;
mod trials;
mod verdict;
mod worker;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::json;
use weekahead_models::ModelSpec;
use weekahead_tracker::{
    Batch, Dataset as TrackedDataset, Metric, ModelMetadata, ModelVersion, OnnxModel, Run, RunInfo,
    RunStatus, Tracker,
};

use crate::evaluation::Metrics;
use crate::plots::Picture;
use crate::{Artifact, Backtest, Dataset, ExperimentPlan, Lineage, Result};

pub(crate) use figures::Figures;
pub(crate) use ground::Ground;
pub use runs::OpenSession;
use runs::{new_run, reopen, runs_of_session, sign, tags};
pub(crate) use verdict::carry_out;
use worker::Worker;

/// The tag that names a session.
const SESSION_TAG: &str = "weekahead.session_key";
/// The tag that names a model within its session.
const MODEL_TAG: &str = ModelVersion::SPEC_TAG;
/// The tag that says why a run did not end well.
const FAILURE_TAG: &str = "weekahead.failure";
/// The tag of a decision, on a session's run and on the version that it is about.
const DECISION_TAG: &str = "weekahead.decision";
/// The tag of what fitting decided beyond the hyperparameters, on a model's run and on its version.
const LEARNED_TAG: &str = "weekahead.learned";
/// The tag of features that no row has.
const MISSING_TAG: &str = "weekahead.features_all_missing";
/// The tag that names the model whose metrics a session's own run carries.
const LEADER_TAG: &str = "weekahead.leader";
/// What the page of the experiment says.
pub(crate) const EXPERIMENT_NOTE: &str = "\
Weekly trainings. A run is a session of one week, and carries the metrics of the model that led it (tag `weekahead.leader`) and \
why the champion changed or stayed (tag `weekahead.decision`). The runs below it are its models.

- **Is anything better than the random walk?** Select the runs of a session and compare `mae` and `mase`: below 1 it is.
- **Is it getting better or worse?** Select the sessions and compare the same metrics over the weeks.
- **Is it stable?** `fold_mae` and its like have a step a fold.
- `report.html` and `plots/` of each model's run show the rest.";

/// A session in the tracker.
#[derive(Debug)]
pub struct Recording<'a> {
    tracker: &'a Tracker,
    plan: &'a ExperimentPlan,
    dataset: &'a Dataset,
    /// The digest of the rows.
    digest: String,
    session_key: String,
    now_ms: i64,
    parent: Run,
    /// Whether it was begun before: then anything may be recorded already.
    is_continued: bool,
    /// The runs of the models as they were found or begun.
    children: Mutex<BTreeMap<String, Run>>,
    /// The skill ratio of each trial that this session recorded.
    tried: Mutex<BTreeMap<String, f64>>,
    worker: Worker,
}

impl<'a> Recording<'a> {
    /// Finds the session's parent run and lets it go on, or begins it.
    pub async fn open(
        tracker: &'a Tracker,
        plan: &'a ExperimentPlan,
        dataset: &'a Dataset,
        session_key: &str,
        now_ms: i64,
    ) -> Result<Recording<'a>> {
        let experiment =
            tracker.get_or_create_experiment(&plan.experiment, EXPERIMENT_NOTE).await?.experiment_id;
        let worker = Worker::this();
        let own = [(SESSION_TAG, session_key), (MODEL_TAG, "")];
        let name = format!("weekly {}", dataset.as_of.instant().strftime("%Y-%m-%d"));
        let mut run = new_run(&experiment, &name, now_ms, &own);
        run.tags.extend(worker.tags());
        run.description = Some(describe(plan, dataset));
        let mut children = runs_of_session(tracker, &experiment, session_key).await?;
        let (parent, is_continued) = match children.remove("") {
            Some(parent) => (parent, true),
            None => (tracker.create_run(&run).await?, false),
        };
        if parent.info.status != RunStatus::Finished {
            reopen(tracker, &parent).await?;
            sign(tracker, &parent, &worker).await?;
        }
        // A session that is continued keeps its first clock: a number recorded again must be the same record.
        let now_ms = parent.info.start_time_ms;
        let (digest, session_key) = (dataset.digest(), session_key.to_owned());
        let (children, tried) = (Mutex::new(children), Mutex::default());
        Ok(Self {
            tracker,
            plan,
            dataset,
            digest,
            session_key,
            now_ms,
            parent,
            is_continued,
            children,
            tried,
            worker,
        })
    }

    /// The decision of a session that has been recorded already.
    pub fn finished_with(&self) -> Option<&str> {
        let decision = self.parent.data.tags.get(DECISION_TAG).map_or("", String::as_str);
        (self.parent.info.status == RunStatus::Finished).then_some(decision)
    }

    /// The digest of the session's rows.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// What it takes to find its runs again.
    pub fn session(&self) -> OpenSession {
        OpenSession {
            experiment_id: self.parent.info.experiment_id.clone(),
            session_key: self.session_key.clone(),
            now_ms: self.now_ms,
        }
    }

    /// Ends the runs of other sessions that broke off without a word.
    pub async fn end_dead_sessions(&self) -> Result<()> {
        self.session().end_dead_others(self.tracker, &self.worker).await
    }

    /// Writes down which features no row has.
    pub async fn mark_missing(&self, features: &[String]) -> Result<()> {
        match features.is_empty() {
            true => Ok(()),
            false => {
                let run_id = &self.parent.info.run_id;
                Ok(self.tracker.set_tag(run_id, MISSING_TAG, &features.join(",")).await?)
            }
        }
    }

    fn children(&self) -> MutexGuard<'_, BTreeMap<String, Run>> {
        self.children.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tried(&self) -> MutexGuard<'_, BTreeMap<String, f64>> {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The run of a model, found or begun.
    async fn child(&self, spec: &ModelSpec) -> Result<Run> {
        let name = spec.to_string();
        let own = [(SESSION_TAG, self.session_key.as_str()), (MODEL_TAG, name.as_str())];
        let mut run = new_run(&self.parent.info.experiment_id, &name, self.now_ms, &own);
        run.parent_run_id = Some(self.parent.info.run_id.clone());
        let known = self.children().get(&name).cloned();
        if let Some(run) = known {
            reopen(self.tracker, &run).await?;
            return Ok(run);
        }
        let run = self.tracker.create_run(&run).await?;
        self.children().insert(name, run.clone());
        Ok(run)
    }

    /// Records a model that is left out: its run ends as FAILED, with the reason.
    pub async fn exclude(&self, spec: &ModelSpec, reason: &str) -> Result<()> {
        let run = self.child(spec).await?;
        let mut batch = self.batch(spec);
        batch.tags.insert(FAILURE_TAG.to_owned(), reason.to_owned());
        self.tracker.log_batch(&run.info.run_id, &batch).await?;
        Ok(self.tracker.finish_run(&run.info.run_id, RunStatus::Failed, self.now_ms).await?)
    }

    /// Records a model's backtest in a child run of its own.
    pub async fn record(
        &self,
        backtest: &Backtest,
        figures: &Figures,
        pictures: &[Picture],
        lineage: &Lineage,
    ) -> Result<Run> {
        let run = self.child(&backtest.spec).await?;
        let run_id = &run.info.run_id;
        let mut batch = Batch { metrics: self.metrics(backtest, figures), ..self.batch(&backtest.spec) };
        batch.params.insert("folds".to_owned(), backtest.fold_metrics.len().to_string());
        let trial = trials::name(&batch.params, &backtest.spec);
        batch.tags.insert(trials::TRIAL_TAG.to_owned(), trial.clone());
        self.tracker.log_batch(run_id, &batch).await?;
        self.tried().extend(figures.skill_ratio.map(|ratio| (trial, ratio)));
        self.tracker.log_inputs(run_id, &[self.tracked_dataset(lineage)]).await?;
        let svg = |picture: &Picture| (picture.artifact_path(), picture.svg.clone().into_bytes().into());
        self.tracker.put_artifacts(&run.info.artifact_uri, pictures.iter().map(svg)).await?;
        Ok(run)
    }

    /// Writes down what fitting decided: no parameter, since it changes with the rows.
    pub async fn mark_learned(&self, run: &Run, artifact: &Artifact) -> Result<()> {
        match &artifact.learned {
            Some(learned) => Ok(self.tracker.set_tag(&run.info.run_id, LEARNED_TAG, learned).await?),
            None => Ok(()),
        }
    }

    /// Puts the page of a model's run beside its pictures.
    pub async fn put_report(&self, run: &Run, html: String) -> Result<()> {
        let page = html.into_bytes().into();
        Ok(self.tracker.put_artifact(&run.info.artifact_uri, "report.html", page).await?)
    }

    /// Registers an artifact as a version of the plan's model; the same artifact is registered once.
    pub async fn register(
        &self,
        run: &RunInfo,
        spec: &ModelSpec,
        artifact: &Artifact,
    ) -> Result<ModelVersion> {
        let model = &self.plan.model_name;
        let known = match self.is_continued {
            true => self.tracker.versions_of_run(model, &run.run_id).await?,
            false => Vec::new(),
        };
        let mut same = known
            .into_iter()
            .filter(|version| version.tags.get(ModelVersion::DIGEST_TAG) == Some(&artifact.digest));
        if let Some(version) = same.next() {
            return Ok(version);
        }
        let mut tags = tags([
            (ModelVersion::DIGEST_TAG, artifact.digest.clone()),
            (MODEL_TAG, spec.to_string()),
            (SESSION_TAG, self.session_key.clone()),
        ]);
        tags.extend(artifact.learned.iter().map(|learned| (LEARNED_TAG.to_owned(), learned.clone())));
        tags.extend(Ground::of(self.dataset).tags());
        let logged =
            self.tracker.log_onnx_model(run, "model", &self.onnx_model(spec, artifact, &tags)).await?;
        let description = format!("{spec}, trained on what was known at {}", self.dataset.as_of);
        Ok(self
            .tracker
            .register_version(model, &logged, &tags, &description, &describe_model(self.plan))
            .await?)
    }

    /// The spec of a version that this program registered.
    pub fn spec_of(version: &ModelVersion) -> Option<&str> {
        version.tags.get(MODEL_TAG).map(String::as_str)
    }

    /// Writes the decision and the leader's metrics into the parent run and ends all runs of the session.
    pub async fn finish(
        &self,
        children: &[Run],
        leader: Option<&Backtest>,
        reason: &str,
        figures: &serde_json::Value,
    ) -> Result<()> {
        let parent = &self.parent.info.run_id;
        let mut tags = tags([(DECISION_TAG, reason.to_owned())]);
        tags.extend(leader.map(|leader| (LEADER_TAG.to_owned(), leader.spec.to_string())));
        let metrics = leader.map(|leader| self.overall(leader)).unwrap_or_default();
        self.tracker.log_batch(parent, &Batch { metrics, tags, ..Batch::default() }).await?;
        let artifact = figures.to_string().into_bytes().into();
        self.tracker.put_artifact(&self.parent.info.artifact_uri, "decision.json", artifact).await?;
        for child in children {
            self.tracker.finish_run(&child.info.run_id, RunStatus::Finished, self.now_ms).await?;
        }
        Ok(self.tracker.finish_run(parent, RunStatus::Finished, self.now_ms).await?)
    }

    /// Ends the session's runs as failed, with the reason.
    pub async fn fail(&self, reason: &str) -> Result<()> {
        self.session().end(self.tracker, RunStatus::Failed, reason).await
    }

    fn metrics(&self, backtest: &Backtest, figures: &Figures) -> Vec<Metric> {
        let metric = |name: &str, value, step| Metric::new(name, value, self.now_ms, step);
        let of_fold = |(step, fold): (usize, &Metrics)| {
            let named = fold.named().into_iter();
            named.map(|(name, value)| metric(&format!("fold_{name}"), value, step as i64)).collect::<Vec<_>>()
        };
        let by_fold = backtest.by_fold().flat_map(of_fold);
        let in_parts = figures.named().into_iter().map(|(name, value)| metric(&name, value, 0));
        self.overall(backtest).into_iter().chain(in_parts).chain(by_fold).collect()
    }

    fn overall(&self, backtest: &Backtest) -> Vec<Metric> {
        let metric = |(name, value)| Metric::new(name, value, self.now_ms, 0);
        backtest.metrics.named().into_iter().map(metric).collect()
    }

    /// What is said of every model, whatever became of it.
    fn batch(&self, spec: &ModelSpec) -> Batch {
        // A tag, since a later run on the same rows stands elsewhere and parameters cannot change.
        let tags = tags([("weekahead.as_of", self.dataset.as_of.to_string())]);
        Batch { metrics: Vec::new(), params: params::params(self.plan, self.dataset, spec), tags }
    }

    fn tracked_dataset(&self, lineage: &Lineage) -> TrackedDataset {
        let dataset = self.dataset;
        let columns = dataset.features.iter().map(|name| (name.clone(), "float".to_owned()));
        // A long history has more loads than MLflow takes: the newest say where the data stands.
        const NEWEST: usize = 100;
        let newest = |count: usize| count.saturating_sub(NEWEST);
        TrackedDataset {
            name: dataset.view.clone(),
            digest: self.digest.clone(),
            context: "training".to_owned(),
            source_type: "clickhouse".to_owned(),
            source: json!({
                "as_of": dataset.as_of,
                "view": dataset.view,
                "view_version": dataset.view_version,
                "loads": lineage.load_ids.len(),
                "load_ids": lineage.load_ids[newest(lineage.load_ids.len())..],
                "objects": lineage.objects[newest(lineage.objects.len())..],
            }),
            columns: columns.chain([("target".to_owned(), "double".to_owned())]).collect(),
            rows: dataset.len() as u64,
        }
    }

    fn onnx_model(
        &self,
        spec: &ModelSpec,
        artifact: &Artifact,
        tags: &BTreeMap<String, String>,
    ) -> OnnxModel {
        OnnxModel {
            bytes: artifact.bytes.clone().into(),
            metadata: ModelMetadata {
                model_kind: spec.kind().to_owned(),
                view: self.dataset.view.clone(),
                view_version: self.dataset.view_version.clone(),
                feature_names: self.dataset.features.clone(),
                quantile_levels: self.plan.settings.levels.clone(),
                horizon_sessions: self.plan.settings.horizon.into(),
                extra: BTreeMap::new(),
            },
            input_example: vec![artifact.example.clone()],
            params: BTreeMap::new(),
            tags: tags.clone(),
            created_at_ms: self.now_ms,
        }
    }
}

fn describe_model(plan: &ExperimentPlan) -> String {
    format!(
        "Log returns of stocks {} sessions ahead. The version with the alias `{}` makes the forecasts; the tag `{DECISION_TAG}` of a \
         version says why it was promoted, or was not. Each version is an ONNX model with its quantiles inside.",
        plan.settings.horizon,
        ModelVersion::CHAMPION
    )
}

fn describe(plan: &ExperimentPlan, dataset: &Dataset) -> String {
    format!(
        "Walk-forward backtest of {} specs for the registered model `{}` on view `{}`, {} rows known at {}, {} sessions ahead. \
         The child runs are the specs; compare them by `mae` and `mase`.",
        plan.models.len(),
        plan.model_name,
        dataset.view,
        dataset.len(),
        dataset.as_of,
        dataset.horizon
    )
}

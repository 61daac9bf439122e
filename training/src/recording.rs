//! What a training session writes into the tracker: a parent run, a child run a model, data sets, artifacts, versions.
//!
//! Everything is found again by tags and written with the clock's time, so that a session that broke off is continued
//! in the same runs: recording a number twice leaves it once.

use std::collections::BTreeMap;

use serde_json::json;
use weekahead_models::ModelSpec;
use weekahead_tracker::{
    Batch, Dataset as TrackedDataset, Metric, ModelMetadata, ModelVersion, NewRun, OnnxModel, Run, RunInfo,
    RunStatus, SearchRuns, Tracker,
};

use crate::evaluation::{LossSeries, Metrics};
use crate::{Artifact, Backtest, Dataset, ExperimentPlan, Lineage, Result, plots};

/// The tag that names a session.
const SESSION_TAG: &str = "weekahead.session_key";
/// The tag that names a model within its session.
const MODEL_TAG: &str = "weekahead.model";

/// A session in the tracker.
#[derive(Debug)]
pub struct Recording<'a> {
    tracker: &'a Tracker,
    plan: &'a ExperimentPlan,
    dataset: &'a Dataset,
    session_key: String,
    now_ms: i64,
    parent: Run,
}

impl<'a> Recording<'a> {
    /// Finds the session's parent run, or begins it.
    pub async fn open(
        tracker: &'a Tracker,
        plan: &'a ExperimentPlan,
        dataset: &'a Dataset,
        now_ms: i64,
    ) -> Result<Recording<'a>> {
        let session_key = plan.session_key(&dataset.digest());
        let experiment = tracker.get_or_create_experiment(&plan.experiment).await?.experiment_id;
        let tags = [(SESSION_TAG, session_key.as_str()), (MODEL_TAG, "")];
        let name = format!("weekly {}", dataset.as_of.instant().strftime("%Y-%m-%d"));
        let mut run = new_run(&experiment, &name, now_ms, &tags);
        run.description = Some(describe(plan, dataset));
        let parent = find_or_create(tracker, run).await?;
        // A session that is continued keeps its first clock: a number recorded again must be the same record.
        let now_ms = parent.info.start_time_ms;
        Ok(Self { tracker, plan, dataset, session_key, now_ms, parent })
    }

    /// Whether everything of this session has been recorded already.
    pub fn is_finished(&self) -> bool {
        self.parent.info.status == RunStatus::Finished
    }

    /// Records a model's backtest in a child run of its own.
    pub async fn record(&self, backtest: &Backtest, baseline: &LossSeries, lineage: &Lineage) -> Result<Run> {
        let name = backtest.spec.to_string();
        let tags = [(SESSION_TAG, self.session_key.as_str()), (MODEL_TAG, name.as_str())];
        let mut run = new_run(&self.parent.info.experiment_id, &name, self.now_ms, &tags);
        run.parent_run_id = Some(self.parent.info.run_id.clone());
        let run = find_or_create(self.tracker, run).await?;
        let run_id = &run.info.run_id;
        self.tracker.log_batch(run_id, &self.batch(backtest)).await?;
        self.tracker.log_inputs(run_id, &[self.tracked_dataset(lineage)]).await?;
        for picture in plots::of_backtest(backtest, baseline, self.dataset, &self.plan.settings)? {
            let (path, svg) = (picture.artifact_path(), picture.svg.into_bytes());
            self.tracker.put_artifact(&run.info.artifact_uri, &path, svg.into()).await?;
        }
        Ok(run)
    }

    /// Registers an artifact as a version of the plan's model; the same artifact is registered once.
    pub async fn register(
        &self,
        run: &RunInfo,
        spec: &ModelSpec,
        artifact: &Artifact,
    ) -> Result<ModelVersion> {
        let model = &self.plan.model_name;
        self.tracker.ensure_registered_model(model).await?;
        let known = self.tracker.model_versions(model).await?.into_iter();
        let mut same =
            known.filter(|version| version.tags.get(ModelVersion::DIGEST_TAG) == Some(&artifact.digest));
        if let Some(version) = same.find(|version| version.run_id == run.run_id) {
            return Ok(version);
        }
        let tags: BTreeMap<String, String> = [
            (ModelVersion::DIGEST_TAG, artifact.digest.clone()),
            (MODEL_TAG, spec.to_string()),
            (SESSION_TAG, self.session_key.clone()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into();
        let logged =
            self.tracker.log_onnx_model(run, "model", &self.onnx_model(spec, artifact, &tags)).await?;
        let description = format!("{spec}, trained on what was known at {}", self.dataset.as_of);
        Ok(self.tracker.register_version(model, &logged, &tags, &description).await?)
    }

    /// The spec of a version that this program registered.
    pub fn spec_of(version: &ModelVersion) -> Option<&str> {
        version.tags.get(MODEL_TAG).map(String::as_str)
    }

    /// Writes the decision into the parent run and ends all runs of the session.
    pub async fn finish(&self, children: &[Run], reason: &str, figures: &serde_json::Value) -> Result<()> {
        let parent = &self.parent.info.run_id;
        let tags = BTreeMap::from([("weekahead.decision".to_owned(), reason.to_owned())]);
        self.tracker.log_batch(parent, &Batch { tags, ..Batch::default() }).await?;
        let artifact = figures.to_string().into_bytes().into();
        self.tracker.put_artifact(&self.parent.info.artifact_uri, "decision.json", artifact).await?;
        for child in children {
            self.tracker.finish_run(&child.info.run_id, RunStatus::Finished, self.now_ms).await?;
        }
        Ok(self.tracker.finish_run(parent, RunStatus::Finished, self.now_ms).await?)
    }

    /// Ends the session as failed, with the reason: a run that nobody works on must not say that it runs.
    pub async fn fail(&self, reason: &str) -> Result<()> {
        self.tracker.set_tag(&self.parent.info.run_id, "weekahead.failure", reason).await?;
        let filter =
            format!("tags.`{SESSION_TAG}` = '{}' AND attributes.status = 'RUNNING'", self.session_key);
        let mut search = SearchRuns::in_experiment(&self.parent.info.experiment_id);
        search.filter = filter;
        for run in self.tracker.search_runs(&search).await? {
            self.tracker.finish_run(&run.info.run_id, RunStatus::Failed, self.now_ms).await?;
        }
        Ok(())
    }

    fn batch(&self, backtest: &Backtest) -> Batch {
        let metric = |name: &str, value, step| Metric::new(name, value, self.now_ms, step);
        let overall = backtest.metrics.named().into_iter().map(|(name, value)| metric(name, value, 0));
        let of_fold = |(step, fold): (usize, &Metrics)| {
            let named = fold.named().into_iter();
            named.map(|(name, value)| metric(&format!("fold_{name}"), value, step as i64)).collect::<Vec<_>>()
        };
        let by_fold = backtest.fold_metrics.iter().enumerate().flat_map(of_fold);
        let settings = &self.plan.settings;
        let mut params: BTreeMap<String, String> = [
            ("model", backtest.spec.kind().to_owned()),
            ("view", self.dataset.view.clone()),
            ("view_version", self.dataset.view_version.clone()),
            ("horizon_sessions", settings.horizon.to_string()),
            ("seed", settings.seed.to_string()),
            ("folds", backtest.fold_metrics.len().to_string()),
            ("calibration_origins", settings.calibration_origins.to_string()),
            ("refit_every_origins", settings.refit_every_origins.to_string()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into();
        params
            .extend(settings.half_life_weeks.map(|weeks| ("half_life_weeks".to_owned(), weeks.to_string())));
        params.extend(backtest.spec.hyperparameters());
        params.extend(
            settings.preprocessing.named().map(|(key, value)| (format!("preprocessing_{key}"), value)),
        );
        // A tag, since a later run on the same rows stands elsewhere and parameters cannot change.
        let tags = BTreeMap::from([("weekahead.as_of".to_owned(), self.dataset.as_of.to_string())]);
        Batch { metrics: overall.chain(by_fold).collect(), params, tags }
    }

    fn tracked_dataset(&self, lineage: &Lineage) -> TrackedDataset {
        let dataset = self.dataset;
        let columns = dataset.features.iter().map(|name| (name.clone(), "float".to_owned()));
        // A long history has more loads than MLflow takes: the newest say where the data stands.
        const NEWEST: usize = 100;
        let newest = |count: usize| count.saturating_sub(NEWEST);
        TrackedDataset {
            name: dataset.view.clone(),
            digest: dataset.digest(),
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

fn new_run(experiment: &str, name: &str, now_ms: i64, tags: &[(&str, &str)]) -> NewRun {
    let mut run = NewRun::new(experiment, name, now_ms);
    run.user = "weekahead".to_owned();
    run.source = "weekahead train".to_owned();
    run.tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    run
}

/// The run with the same tags, or a new one.
async fn find_or_create(tracker: &Tracker, run: NewRun) -> Result<Run> {
    let mut search = SearchRuns::in_experiment(&run.experiment_id);
    let session = run.tags.get(SESSION_TAG).cloned().unwrap_or_default();
    search.filter = format!("tags.`{SESSION_TAG}` = '{session}'");
    let model = run.tags.get(MODEL_TAG).cloned().unwrap_or_default();
    let known = tracker.search_runs(&search).await?.into_iter();
    let mut same = known.filter(|run| run.data.tags.get(MODEL_TAG).map_or("", String::as_str) == model);
    match same.next() {
        Some(run) => Ok(run),
        None => Ok(tracker.create_run(&run).await?),
    }
}

fn describe(plan: &ExperimentPlan, dataset: &Dataset) -> String {
    format!(
        "Walk-forward backtest of {} models on view `{}`, {} rows known at {}, {} sessions ahead. The child runs are the models; \
         compare them by `mae` and `mase`.",
        plan.models.len(),
        dataset.view,
        dataset.len(),
        dataset.as_of,
        dataset.horizon
    )
}

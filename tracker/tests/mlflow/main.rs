//! The client against a real MLflow server, and the models it registers in the hands of stock Python.
//!
//! One server serves all steps: starting one takes longer than all of them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod python;
mod server;

use std::collections::BTreeMap;

use serde_json::json;
use weekahead_tracker::{
    Batch, Dataset, Error, LoggedModelRef, LoggedModelStatus, Metric, ModelMetadata, ModelSelector, NewRun,
    OnnxModel, Run, RunStatus, SearchRuns, Tracker, TrackerConfig,
};

const NOW_MS: i64 = 1_359_154_800_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_training_is_tracked_and_its_model_loads_in_python() {
    let server = server::MlflowServer::start();
    let tracker = Tracker::new(&TrackerConfig::new(&server.url)).unwrap();
    assert!(tracker.version().await.unwrap().starts_with("3."));

    let experiment_id = experiments(&tracker).await;
    let run = runs(&tracker, &experiment_id).await;
    batches(&tracker, &run).await;
    inputs(&tracker, &run).await;
    artifacts(&tracker, &run).await;
    let logged = log_model(&tracker, &run).await;
    registry(&tracker, &logged).await;
    downloads(&tracker, &logged).await;
    python_loads(&server);
    finish(&tracker, &run).await;
}

/// Many callers at once get one experiment.
async fn experiments(tracker: &Tracker) -> String {
    assert_eq!(tracker.experiment("weekly").await.unwrap(), None);
    let calls = (0..6).map(|_| tracker.get_or_create_experiment("weekly", "Every week."));
    let ids = futures::future::try_join_all(calls).await.unwrap();
    assert!(ids.iter().all(|experiment| experiment == &ids[0]));
    ids[0].experiment_id.clone()
}

async fn runs(tracker: &Tracker, experiment_id: &str) -> Run {
    let mut parent = NewRun::new(experiment_id, "weekly training", NOW_MS);
    parent.description = Some("all models of the week".into());
    let parent = tracker.create_run(&parent).await.unwrap();
    let mut child = NewRun::new(experiment_id, "ridge", NOW_MS);
    child.parent_run_id = Some(parent.info.run_id.clone());
    child.tags = BTreeMap::from([("model_kind".into(), "ridge".into())]);
    let child = tracker.create_run(&child).await.unwrap();
    assert_eq!(child.data.tags["mlflow.parentRunId"], parent.info.run_id);
    assert!(child.info.artifact_uri.starts_with("mlflow-artifacts:/"));
    assert!(tracker.run("0123").await.unwrap_err().is_not_found());
    let known = tracker.runs(["0123".to_owned(), child.info.run_id.clone()]).await.unwrap();
    assert_eq!(known.keys().collect::<Vec<_>>(), [&child.info.run_id]);
    assert_eq!(known[&child.info.run_id].parent_run_id(), Some(parent.info.run_id.as_str()));
    let nowhere = tracker.create_run(&NewRun::new("999", "lost", NOW_MS)).await.unwrap_err();
    assert!(nowhere.is_not_found(), "{nowhere}");
    child
}

/// More of everything than one request takes, values that JSON cannot spell, and a repetition.
async fn batches(tracker: &Tracker, run: &Run) {
    let pairs = |prefix: &str, count, value: &str| -> BTreeMap<String, String> {
        (0..count).map(|i| (format!("{prefix}_{i:03}"), value.to_owned())).collect()
    };
    let mut metrics: Vec<Metric> =
        (0..2_300).map(|i| Metric::new("fold/mae", i as f64 / 8.0, NOW_MS, i)).collect();
    metrics.push(Metric::new("not_a_number", f64::NAN, NOW_MS, 0));
    metrics.push(Metric::new("boundless", f64::INFINITY, NOW_MS, 0));
    let batch = Batch {
        metrics,
        params: pairs("p", 230, &"ü".repeat(6_500)),
        tags: pairs("t", 120, &"x".repeat(9_000)),
    };
    let run_id = &run.info.run_id;
    tracker.log_batch(run_id, &batch).await.unwrap();
    tracker.log_batch(run_id, &batch).await.unwrap();
    tracker.set_tag(run_id, "note", "kept").await.unwrap();

    let stored = tracker.run(run_id).await.unwrap();
    assert_eq!(stored.data.params.len(), 230);
    assert!(stored.data.params["p_000"].ends_with("[cut from 6500 characters]"));
    assert_eq!(stored.data.tags.keys().filter(|key| key.starts_with("t_")).count(), 120);
    assert_eq!((stored.data.tags["note"].as_str(), stored.metric("fold/mae")), ("kept", Some(2_299.0 / 8.0)));
    assert!(stored.metric("not_a_number").unwrap().is_nan());
    assert!(stored.metric("boundless").unwrap() >= f64::MAX);
    let history = tracker.metric_history(run_id, "fold/mae").await.unwrap();
    assert_eq!(history.len(), 2_300);

    let changed = Batch { params: pairs("p", 1, "other"), ..Batch::default() };
    assert!(matches!(tracker.log_batch(run_id, &changed).await, Err(Error::Invalid { .. })));
}

async fn inputs(tracker: &Tracker, run: &Run) {
    let dataset = Dataset {
        name: "weekly_core".into(),
        digest: "0123456789abcdef".into(),
        context: "training".into(),
        source_type: "clickhouse".into(),
        source: json!({"as_of": "2013-01-25T23:00:00Z", "view_version": "8c1f", "load_ids": ["l1"]}),
        columns: vec![("ma_20".into(), "float".into()), ("target".into(), "double".into())],
        rows: 1_000,
    };
    tracker.log_inputs(&run.info.run_id, std::slice::from_ref(&dataset)).await.unwrap();
    tracker.log_inputs(&run.info.run_id, std::slice::from_ref(&dataset)).await.unwrap();
    let stored = tracker.run(&run.info.run_id).await.unwrap().inputs.dataset_inputs;
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].tags["mlflow.data.context"], "training");
    assert_eq!(Dataset::of_run(&stored[0]), dataset);
    assert!(stored[0].dataset["source"].contains("2013-01-25T23:00:00Z"));
}

async fn artifacts(tracker: &Tracker, run: &Run) {
    let root = &run.info.artifact_uri;
    tracker.log_artifact(&run.info, "plots/ic by fold.svg", "<svg/>".into()).await.unwrap();
    tracker.log_artifact(&run.info, "report.md", "# Report".into()).await.unwrap();
    let paths: Vec<_> =
        tracker.list_artifacts(root).await.unwrap().into_iter().map(|file| file.path).collect();
    assert_eq!(paths, ["plots/ic by fold.svg", "report.md"]);
    assert_eq!(tracker.get_artifact(root, "plots/ic by fold.svg").await.unwrap(), "<svg/>");
    assert!(tracker.get_artifact(root, "plots/none").await.unwrap_err().is_not_found());
    let escape = tracker.get_artifact(root, "../../secret").await.unwrap_err();
    assert!(matches!(escape, Error::ArtifactPath { .. }));
}

fn model() -> OnnxModel {
    OnnxModel {
        bytes: python::tiny_onnx().into(),
        metadata: ModelMetadata {
            model_kind: "ridge".into(),
            view: "weekly_core".into(),
            view_version: "8c1f".into(),
            feature_names: vec!["ma_20".into(), "Mean(close, 5)".into()],
            quantile_levels: vec![0.05, 0.5, 0.95],
            horizon_sessions: 5,
            extra: BTreeMap::from([("tolerance".to_owned(), json!(1e-7))]),
        },
        input_example: vec![vec![1.0, 2.0]],
        params: BTreeMap::from([("alpha".into(), "0.1".into())]),
        tags: BTreeMap::from([("view".into(), "weekly_core".into())]),
        created_at_ms: NOW_MS,
    }
}

async fn log_model(tracker: &Tracker, run: &Run) -> LoggedModelRef {
    let ragged = OnnxModel { input_example: vec![vec![1.0]], ..model() };
    let refused = tracker.log_onnx_model(&run.info, "ridge", &ragged).await.unwrap_err();
    assert!(matches!(refused, Error::Model { .. }), "{refused}");

    let logged = tracker.log_onnx_model(&run.info, "ridge", &model()).await.unwrap();
    let stored = tracker.logged_model(&logged.model_id).await.unwrap();
    assert_eq!((stored.status, stored.source_run_id), (LoggedModelStatus::Ready, run.info.run_id.clone()));
    let outputs = tracker.run(&run.info.run_id).await.unwrap().outputs.model_outputs;
    assert_eq!(outputs[0].model_id, logged.model_id);
    logged
}

async fn registry(tracker: &Tracker, logged: &LoggedModelRef) {
    let name = "weekahead";
    assert_eq!(tracker.version_by_alias(name, "champion").await.unwrap(), None);
    assert_eq!(tracker.model_versions(name).await.unwrap(), []);
    let tags = BTreeMap::from([("model_kind".to_owned(), "ridge".to_owned())]);
    let version = tracker.register_version(name, logged, &tags, "the first", "a model").await.unwrap();
    assert_eq!((version.version, version.run_id.as_str(), &version.tags), (1, logged.run_id.as_str(), &tags));
    let again = tracker.register_version(name, logged, &tags, "the first", "a model").await.unwrap();
    assert_eq!(again.version, 1, "a repeated registration is the same version");

    assert_eq!(tracker.version_by_alias(name, "champion").await.unwrap(), None);
    tracker.set_alias(name, "champion", 1).await.unwrap();
    tracker.set_alias(name, "challenger", 1).await.unwrap();
    tracker.delete_alias(name, "challenger").await.unwrap();
    tracker.delete_alias(name, "challenger").await.unwrap();
    tracker.set_version_tag(name, 1, "decision", "promoted").await.unwrap();
    tracker.describe_version(name, 1, "better by 3 percent").await.unwrap();
    let champion = tracker.version_by_alias(name, "champion").await.unwrap().unwrap();
    assert_eq!((champion.version, champion.aliases), (1, vec!["champion".to_owned()]));
    assert_eq!(
        (champion.tags["decision"].as_str(), champion.description.as_str()),
        ("promoted", "better by 3 percent")
    );
    assert_eq!(tracker.aliases(name).await.unwrap(), BTreeMap::from([("champion".to_owned(), 1)]));
    assert!(tracker.aliases("nothing").await.unwrap().is_empty());
    assert!(tracker.set_alias(name, "champion", 9).await.unwrap_err().is_not_found());
    assert!(tracker.model_version(name, 9).await.unwrap_err().is_not_found());
}

async fn downloads(tracker: &Tracker, logged: &LoggedModelRef) {
    let champion = ModelSelector::Alias("champion".into());
    let model_back = tracker.download_model("weekahead", &champion).await.unwrap();
    assert_eq!((model_back.version.version, &model_back.version.run_id), (1, &logged.run_id));
    assert_eq!(model_back.onnx().unwrap(), &model().bytes);
    assert_eq!(model_back.metadata().unwrap(), model().metadata);
    assert!(model_back.files.contains_key("MLmodel") && model_back.files.contains_key("input_example.json"));
    let by_number = tracker.download_model("weekahead", &ModelSelector::Version(1)).await.unwrap();
    assert_eq!(by_number.files, model_back.files);
    let nobody =
        tracker.download_model("weekahead", &ModelSelector::Alias("nobody".into())).await.unwrap_err();
    assert!(nobody.is_not_found() && nobody.to_string().contains("nobody"), "{nobody}");
}

/// y = 2 a + 3 b and quantiles around it, through the registry, by stock MLflow.
fn python_loads(server: &server::MlflowServer) {
    let answer = python::load_and_predict(&server.url, "models:/weekahead@champion");
    assert_eq!(answer["y"], json!([[8.0]]));
    assert_eq!(answer["quantiles"], json!([[7.0, 8.0, 9.0]]));
    assert_eq!(answer["onnx_y"], json!([[8.0]]));
    assert_eq!(answer["input_shape"], json!([-1, 2]));
    assert_eq!(answer["output_names"], json!(["y", "quantiles", "offsets", "scale"]));
    assert_eq!(answer["example"], json!([[1.0, 2.0]]));
    assert_eq!(answer["metadata"], serde_json::to_value(model().metadata).unwrap());
}

async fn finish(tracker: &Tracker, run: &Run) {
    tracker.finish_run(&run.info.run_id, RunStatus::Finished, NOW_MS + 1_000).await.unwrap();
    let search = SearchRuns {
        filter: "attributes.status = 'FINISHED' AND tags.model_kind = 'ridge' AND metrics.`fold/mae` > 1"
            .into(),
        order_by: vec!["attributes.start_time DESC".into()],
        ..SearchRuns::in_experiment(&run.info.experiment_id)
    };
    let found = tracker.search_runs(&search).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].info.status, found[0].info.end_time_ms),
        (RunStatus::Finished, Some(NOW_MS + 1_000))
    );
    let nonsense = SearchRuns { filter: "what is this".into(), ..search };
    assert!(matches!(tracker.search_runs(&nonsense).await, Err(Error::Invalid { .. })));
}

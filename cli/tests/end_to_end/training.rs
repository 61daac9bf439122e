//! Training sessions that are disturbed: nothing is lost, nothing is there twice, and every run says how it ended.

use std::path::Path;

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::flaky::FlakyTracker;
use crate::imported;
use crate::platform::{Platform, Running};

const AS_OF: &str = "2013-01-25T23:00:00Z";
const MODELS: &str = "models = [{ kind = 'random_walk' }, { kind = 'historical_mean' }, \
                      { kind = 'drift', feature = 'nowhere' }, { kind = 'ridge', alpha = 1000.0 }]\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_session_survives_its_tracker_and_its_signals() {
    let platform = Platform::new();
    let symbols = ["demo", "--stay", "--symbols", "IBM,MSFT", "--since", "2006-01-03"];
    let mut demo = Running::start(platform.weekahead(&symbols));
    demo.until("the HTTP API answers").await;
    the_tracker_goes_away(&platform).await;
    a_signal_ends_the_runs(&platform).await;
    the_past_moves_no_alias(&platform).await;
    what_cannot_be_compared_is_told(&platform).await;
    imported::competes(&platform, AS_OF).await;
    demo.signal(Signal::SIGTERM);
    demo.end().await;
    platform.until_silent().await;
}

/// MLflow stops answering half way: results are kept, and sent once it is back.
async fn the_tracker_goes_away(platform: &Platform) {
    let flaky = FlakyTracker::start(platform.tracker_url(), 25, false).await;
    let file = experiment(platform, "flaky");
    let train = ["train", &file, "--as-of", AS_OF];
    let (code, _, said) = run(platform, &train, &flaky.url).await;
    assert_eq!(code, Some(2), "{said}");
    let error = said.lines().last().unwrap();
    assert!(error.starts_with(&format!("error: MLflow at {} cannot be reached", flaky.url)), "{said}");
    assert!(error.contains("are sent by the next `weekahead train`"), "{said}");
    assert_eq!(pending(platform), 1);
    assert_eq!(decisions(platform, "flaky").await, "0\n");

    flaky.heal();
    let (code, table, said) = run(platform, &["train", "--pending"], &flaky.url).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(table.contains("drift(feature=nowhere) excluded: there is no feature `nowhere`"), "{table}");
    assert!(said.contains("1 pending sessions recorded"), "{said}");
    assert_eq!(pending(platform), 0);
    recorded_once(platform, "flaky").await;

    let (code, again, said) = run(platform, &train, &flaky.url).await;
    assert_eq!((code, again), (Some(0), table), "{said}");
    assert!(said.contains("recorded before"), "{said}");
    recorded_once(platform, "flaky").await;
}

/// SIGTERM while it records: the runs are killed with the reason, and the next training goes on in them.
async fn a_signal_ends_the_runs(platform: &Platform) {
    let flaky = FlakyTracker::start(platform.tracker_url(), 25, true).await;
    let file = experiment(platform, "signalled");
    let train = ["train", &file, "--as-of", AS_OF];
    let mut command = platform.weekahead(&train);
    command.env("WEEKAHEAD_TRACKER__URL", &flaky.url);
    let training = Running::start(command);
    flaky.spent().await;
    flaky.heal();
    training.signal(Signal::SIGTERM);
    let (code, said) = training.end().await;
    assert_eq!(code, Some(143), "{said}");
    let killed = runs(platform, "signalled").await;
    assert!(!killed.is_empty());
    for (_, status, failure) in &killed {
        assert!(status != "RUNNING", "{killed:?}");
        assert!(status != "KILLED" || failure == "interrupted by SIGTERM", "{killed:?}");
    }
    assert!(killed.iter().any(|(_, status, _)| status == "KILLED"), "{killed:?}");
    let (code, _, said) = run(platform, &train, &flaky.url).await;
    assert_eq!(code, Some(0), "{said}");
    recorded_once(platform, "signalled").await;
}

/// A session that stands before a decision is recorded, and moves nothing.
async fn the_past_moves_no_alias(platform: &Platform) {
    let file = experiment(platform, "flaky");
    let before = champion(platform, "flaky").await;
    let train = ["train", &file, "--as-of", "2012-12-28T23:00:00Z"];
    let (code, table, said) = run(platform, &train, &platform.tracker_url()).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(table.contains("why: nobody is promoted: a decision of 2013-01-25"), "{table}");
    assert_eq!(champion(platform, "flaky").await, before);
    let promoted = "SELECT promoted FROM ops.promotions FINAL WHERE model_name = 'flaky' ORDER BY decided_at";
    assert_eq!(platform.query(promoted).await, "false\ntrue\n");
}

/// A champion of another horizon, one that the plan does not train, one that the registry has lost.
async fn what_cannot_be_compared_is_told(platform: &Platform) {
    let why = async |as_of: &str, change: &str| {
        let file = write_experiment(platform, "flaky", change);
        let train = ["train", &file, "--as-of", as_of];
        let (code, table, said) = run(platform, &train, &platform.tracker_url()).await;
        assert_eq!(code, Some(0), "{said}");
        let row = "SELECT promoted, reason FROM ops.promotions FINAL WHERE model_name = 'flaky' ORDER BY decided_at DESC LIMIT 1 \
                   FORMAT TSVRaw";
        let promoted = platform.query(row).await;
        // Printed in parts, a line each.
        let reason = table.split_once("\nwhy: ").unwrap().1.trim().replace(";\n     ", "; ");
        assert!(promoted.contains(&reason), "{promoted}{reason}");
        (promoted.starts_with("true"), reason)
    };
    let (promoted, reason) = why("2013-01-26T12:00:00Z", &format!("horizon = 1\n{MODELS}")).await;
    assert!(!promoted && reason.contains("its horizon is 5 and this session's is 1"), "{reason}");

    let query = [("filter", "name='flaky'".to_owned())];
    let versions = mlflow(platform, "model-versions/search", &query).await;
    let is_ridge = |version: &&Value| version["tags"].to_string().contains("\"ridge(alpha=1000)\"");
    let versions = versions["model_versions"].as_array().unwrap().iter().filter(is_ridge);
    // The oldest: that of the other horizon is newer.
    let number = |version: &Value| version["version"].as_str().unwrap().parse::<u32>().unwrap();
    let ridge = versions.map(number).min().unwrap();
    let promoted = format!(
        "INSERT INTO ops.promotions SELECT '2013-01-26 13:00:00', model_name, {ridge}, 'ridge', 'x', 0, true, metric, 0, 0, 0, 'x' \
         FROM ops.promotions FINAL WHERE model_name = 'flaky' LIMIT 1"
    );
    platform.query(&promoted).await;
    let others = "seed = 7\nmodels = [{ kind = 'random_walk' }, { kind = 'historical_mean' }]\n";
    let (promoted, reason) = why("2013-01-27T12:00:00Z", others).await;
    assert!(!promoted && reason.contains("the plan does not train that model"), "{reason}");

    let url = format!("{}/api/2.0/mlflow/model-versions/delete", platform.tracker_url());
    let version = json!({"name": "flaky", "version": ridge.to_string()});
    let deleted = reqwest::Client::new().delete(url).json(&version).send().await.unwrap();
    assert!(deleted.status().is_success());
    let (promoted, reason) = why("2013-01-28T12:00:00Z", &format!("seed = 8\n{MODELS}")).await;
    assert!(promoted && reason.contains(&format!("has lost version {ridge}")), "{reason}");
}

/// An experiment file of a registered model of its own.
fn experiment(platform: &Platform, model: &str) -> String {
    write_experiment(platform, model, MODELS)
}

fn write_experiment(platform: &Platform, model: &str, change: &str) -> String {
    let file = platform.home().join(format!("{model}.toml"));
    let text = format!("model = '{model}'\nuniverse = ['IBM', 'MSFT']\n{change}");
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

async fn run(platform: &Platform, args: &[&str], tracker: &str) -> (Option<i32>, String, String) {
    let output = platform.weekahead(args).env("WEEKAHEAD_TRACKER__URL", tracker).output().await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// A parent and a child a model; versions of those that were trained; one decision; nothing left on disk.
async fn recorded_once(platform: &Platform, model: &str) {
    let finished = |name: &str| (name.to_owned(), "FINISHED".to_owned(), String::new());
    let mut runs = runs(platform, model).await;
    let excluded = runs.iter().position(|(name, ..)| name.starts_with("drift")).unwrap();
    let (_, status, failure) = runs.remove(excluded);
    assert!(status == "FAILED" && failure.contains("nowhere"), "{status} {failure}");
    let names = ["", "historical_mean", "random_walk", "ridge(alpha=1000)"];
    assert_eq!(runs, names.map(finished));
    let query = [("filter", format!("name='{model}'"))];
    let versions = mlflow(platform, "model-versions/search", &query).await;
    assert_eq!(versions["model_versions"].as_array().unwrap().len(), 3, "{versions}");
    assert_eq!(decisions(platform, model).await, "1\n");
    let left = std::fs::read_dir(platform.home().join("training")).unwrap().flatten();
    let left: Vec<_> = left.map(|entry| entry.file_name()).filter(|name| name != "pending").collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Model, status and failure of the runs of the session that wrote this model's backtests, in order of the model.
async fn runs(platform: &Platform, model: &str) -> Vec<(String, String, String)> {
    let url = format!("{}/api/2.0/mlflow/runs/search", platform.tracker_url());
    let experiments = mlflow(platform, "experiments/search", &[("max_results", "100".to_owned())]).await;
    let ids: Vec<&Value> =
        experiments["experiments"].as_array().unwrap().iter().map(|e| &e["experiment_id"]).collect();
    let search = json!({"experiment_ids": ids, "max_results": 1000});
    let answer = reqwest::Client::new().post(url).json(&search).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    let tag = |run: &Value, key: &str| {
        let tags = run["data"]["tags"].as_array().into_iter().flatten();
        let mut found =
            tags.filter(|tag| tag["key"] == key).map(|tag| tag["value"].as_str().unwrap().to_owned());
        found.next().unwrap_or_default()
    };
    let session = |run: &Value| tag(run, "weekahead.session_key");
    let of_model: Vec<&Value> = answer["runs"].as_array().unwrap().iter().collect();
    let note = format!("model `{model}`");
    let parent = of_model.iter().find(|run| tag(run, "mlflow.note.content").contains(&note));
    let Some(key) = parent.map(|parent| session(parent)) else { return Vec::new() };
    let mut found: Vec<_> = of_model
        .into_iter()
        .filter(|run| session(run) == key)
        .map(|run| {
            let status = run["info"]["status"].as_str().unwrap().to_owned();
            (tag(run, "weekahead.model"), status, tag(run, "weekahead.failure"))
        })
        .collect();
    found.sort();
    found
}

async fn champion(platform: &Platform, model: &str) -> Value {
    let query = [("name", model.to_owned()), ("alias", "champion".to_owned())];
    mlflow(platform, "registered-models/alias", &query).await["model_version"]["version"].clone()
}

async fn mlflow(platform: &Platform, path: &str, query: &[(&str, String)]) -> Value {
    let url = format!("{}/api/2.0/mlflow/{path}", platform.tracker_url());
    reqwest::Client::new().get(url).query(query).send().await.unwrap().json().await.unwrap()
}

async fn decisions(platform: &Platform, model: &str) -> String {
    platform.query(&format!("SELECT count() FROM ops.promotions FINAL WHERE model_name = '{model}'")).await
}

fn pending(platform: &Platform) -> usize {
    let directory = platform.home().join("training/pending");
    std::fs::read_dir(Path::new(&directory)).unwrap().count()
}

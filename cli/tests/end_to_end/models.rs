//! The registry from the command line: who there is, what differs, who answers, and what a loss does.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::mlflow;
use crate::platform::Platform;

const MODEL: &str = "weekahead-weekly";

/// Promotes other versions of the demo's model, goes back to its champion, and loses some versions.
pub async fn are_managed(platform: &Platform) {
    listed_and_shown(platform).await;
    compared(platform).await;
    promoted(platform).await;
    trees_answer_alike(platform).await;
    rolled_back(platform).await;
    lost(platform).await;
    moved_by_others(platform).await;
}

async fn says(platform: &Platform, args: &[&str]) -> String {
    let (code, stdout, stderr) = platform.run(&[&["models"][..], args].concat()).await;
    assert_eq!(code, 0, "{args:?}: {stdout}{stderr}");
    stdout
}

/// What a refused command says: one line.
async fn refused(platform: &Platform, args: &[&str]) -> String {
    let (code, stdout, stderr) = platform.run(&[&["models"][..], args].concat()).await;
    assert_eq!((code, stdout.as_str()), (2, ""), "{args:?}: {stderr}");
    assert_eq!(stderr.trim().lines().count(), 1, "{stderr}");
    stderr
}

async fn json_of(platform: &Platform, args: &[&str]) -> Value {
    serde_json::from_str(&says(platform, &[args, &["--json"]].concat()).await).unwrap()
}

async fn listed_and_shown(platform: &Platform) {
    let list = json_of(platform, &["list"]).await;
    let versions = list["versions"].as_array().unwrap();
    let numbers: Vec<_> = versions.iter().map(|version| version["version"].as_u64().unwrap()).collect();
    // ETS and Theta have none.
    assert_eq!(numbers, [7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(list["champion"], json!({"recorded": 1, "alias": 1}));
    let champion = &versions[6];
    assert_eq!((&champion["aliases"], &champion["model"]), (&json!(["champion"]), &json!("random_walk")));
    assert!(versions.iter().all(|version| version["mae"].as_f64().is_some_and(|mae| mae > 0.0)), "{list}");
    let table = says(platform, &["list"]).await;
    assert!(table.contains("2013-01-25T23:00:00Z") && table.contains(" * "), "{table}");

    let shown = json_of(platform, &["show", "champion"]).await;
    assert_eq!((&shown["version"], &shown["artifact"]["fault"]), (&json!(1), &Value::Null), "{shown}");
    assert_eq!(
        (&shown["dataset"]["rows"], &shown["dataset"]["loads"]),
        (&json!(11_914), &json!(1)),
        "{shown}"
    );
    assert_eq!(shown["decisions"][0]["promoted"], json!(true), "{shown}");
    let shown = says(platform, &["show", "2"]).await;
    assert!(
        shown.contains("as registered") && shown.contains("feature") && shown.contains(".parquet"),
        "{shown}"
    );
}

async fn compared(platform: &Platform) {
    let said = says(platform, &["compare", "2", "champion"]).await;
    assert!(said.contains("512 origins from 2003-03-28 to 2013-01-11"), "{said}");
    assert!(said.contains("ret_mean_250") && said.contains("Diebold-Mariano"), "{said}");
    let figures = json_of(platform, &["compare", "2", "1"]).await;
    // The decision of the session tested the same pair, one-sided.
    let ours = &figures["paired"]["compared"]["losses"][0];
    let decision = decision(platform).await;
    let comparisons = decision["comparisons"].as_array().unwrap();
    let theirs = comparisons.iter().find(|pair| pair["challenger"] == "drift(feature=ret_mean_250)").unwrap();
    let close = |a: &Value, b: f64| (a.as_f64().unwrap() - b).abs() < 1e-12;
    assert!(close(&theirs["loss"], ours["a"].as_f64().unwrap()), "{ours} {theirs}");
    let two_sided = ours["test"]["p_two_sided"].as_f64().unwrap();
    assert!(close(&theirs["p_baseline"], two_sided / 2.0), "{ours} {theirs}");
}

/// The decision of the demo's session, as its run in MLflow has it.
async fn decision(platform: &Platform) -> Value {
    let champion = json_of(platform, &["show", "1"]).await;
    let run = champion["run"]["parent_run_id"].as_str().unwrap();
    let url = format!("{}/get-artifact?path=decision.json&run_uuid={run}", platform.tracker_url());
    let text = reqwest::get(url).await.unwrap().text().await.unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Who answers as of an instant, and who is live once the server has looked at the alias again.
async fn answers(platform: &Platform, as_of: &str) -> (Value, Value) {
    let request = json!({"symbols": ["IBM", "MSFT"], "as_of": as_of});
    let (status, answer) = platform.post("/v1/forecasts", &request).await;
    assert_eq!((status, answer["forecasts"].as_array().unwrap().len()), (200, 2), "{answer}");
    let ready = live(platform).await;
    (answer["model_version"].clone(), ready["model_version"].clone())
}

/// What `/readyz` says when the version that holds the alias is live.
async fn live(platform: &Platform) -> Value {
    let alias = format!("{}/api/2.0/mlflow/registered-models/alias", platform.tracker_url());
    let query = [("name", MODEL), ("alias", "champion")];
    let alias = reqwest::Client::new().get(alias).query(&query).send().await.unwrap();
    let alias: Value = serde_json::from_str(&alias.text().await.unwrap()).unwrap();
    let version: u64 = alias["model_version"]["version"].as_str().unwrap().parse().unwrap();
    for _ in 0..100 {
        let ready: Value = serde_json::from_str(&platform.get("/readyz").await.1).unwrap();
        if ready["model_version"] == version {
            return ready;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("version {version} did not go live");
}

async fn promoted(platform: &Platform) {
    let promote = ["promote", "2", "--reason", "a trial of drift", "--as-of", "2013-02-09T00:00:00Z"];
    let said = says(platform, &promote).await;
    assert!(
        said.contains("version 2 of weekahead-weekly, drift(feature=ret_mean_250), is champion"),
        "{said}"
    );
    assert_eq!(answers(platform, "2013-02-09T01:00:00Z").await, (json!(2), json!(2)));
    assert_eq!(answers(platform, "2013-02-08T23:00:00Z").await.0, json!(1), "the past is as it was");
    assert!(refused(platform, &promote).await.contains("not before"));
    let again = refused(platform, &["promote", "2", "--reason", "again"]).await;
    assert!(again.contains("version 2 of `weekahead-weekly` is champion already"), "{again}");
    assert!(refused(platform, &["promote", "4", "--reason", " "]).await.contains("say why"));
    says(platform, &["promote", "7", "--reason", "a trial of trees", "--as-of", "2013-02-10T00:00:00Z"])
        .await;
    let row = "SELECT model_version, previous_version, promoted, metric, isNaN(p_value), reason FROM ops.promotions FINAL \
               ORDER BY decided_at DESC LIMIT 1";
    assert_eq!(platform.query(row).await, "7\t2\ttrue\tby_hand\t1\tby hand: a trial of trees\n");
}

/// The same trees by the batch, by the API, by stock MLflow in process, and by `mlflow models serve`.
async fn trees_answer_alike(platform: &Platform) {
    // Two symbols by the batch; those that the API answers below beside them are its own.
    let mut batch = platform.weekahead(&["forecast", "--as-of", "2013-02-10T00:30:00Z"]);
    let output = batch.env("WEEKAHEAD_UNIVERSE__SYMBOLS", "GOOG,MSFT").output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("2 forecasts by weekahead-weekly version 7, 2 new"), "{said}");
    let request = json!({"symbols": ["AAPL", "FB", "GOOG", "IBM", "MSFT"], "as_of": "2013-02-10T01:00:00Z"});
    let (status, answer) = platform.post("/v1/forecasts", &request).await;
    assert_eq!((status, &answer["model_version"]), (200, &json!(7)), "{answer}");
    let forecasts = answer["forecasts"].as_array().unwrap();
    assert!(forecasts.iter().all(|forecast| forecast["log_return"] != json!(0.0)), "{answer}");
    let loaded = mlflow::predictions(platform, "models:/weekahead-weekly/7", "2013-02-08").await;
    mlflow::agrees(&answer, &loaded);
    let server = mlflow::ModelServer::start(platform, "models:/weekahead-weekly@champion").await;
    mlflow::agrees(&answer, &mlflow::predictions(platform, &server.url, "2013-02-08").await);
    assert_eq!(live(platform).await["model_version"], json!(7));
    mlflow::speaks_the_protocols(platform, &server, MODEL, "7").await;
}

/// Twice, which goes two champions back; and the server answers by who is champion again.
async fn rolled_back(platform: &Platform) {
    let said = says(platform, &["rollback", "--reason", "worse", "--as-of", "2013-02-11T00:00:00Z"]).await;
    assert!(said.contains("version 2") && said.contains("before it was version 7"), "{said}");
    assert_eq!(answers(platform, "2013-02-11T01:00:00Z").await, (json!(2), json!(2)));
    says(platform, &["rollback", "--as-of", "2013-02-12T00:00:00Z"]).await;
    assert_eq!(answers(platform, "2013-02-12T01:00:00Z").await, (json!(1), json!(1)));
    let end = refused(platform, &["rollback"]).await;
    assert!(end.contains("before version 1 no other version"), "{end}");
    let shown = says(platform, &["show", "2"]).await;
    assert!(shown.contains("rolled back from version 7: worse"), "{shown}");
    assert!(shown.contains("rolled back from version 2"), "{shown}");
}

/// A version that MLflow or the store lost is told in a line, and the others are listed.
async fn lost(platform: &Platform) {
    change(platform, Method::DELETE, "model-versions/delete", json!({"name": MODEL, "version": "5"})).await;
    for args in [&["show", "5"][..], &["compare", "5", "1"], &["promote", "5", "--reason", "try"]] {
        let said = refused(platform, args).await;
        assert!(said.contains("no version 5 of `weekahead-weekly`: `weekahead models list`"), "{said}");
    }
    let source = json_of(platform, &["show", "3"]).await["source"].as_str().unwrap().to_owned();
    let id = source.trim_start_matches("models:/");
    std::fs::remove_file(artifact(&platform.home().join("lake"), id).expect("the artifact of version 3"))
        .unwrap();
    let said = refused(platform, &["promote", "3", "--reason", "try"]).await;
    assert!(said.contains("version 3 of `weekahead-weekly` cannot answer: the store has lost"), "{said}");
    let shown = says(platform, &["show", "3"]).await;
    assert!(shown.contains("cannot answer: the store has lost"), "{shown}");
    let list = json_of(platform, &["list"]).await;
    assert_eq!(list["versions"].as_array().unwrap().len(), 6, "{list}");
}

/// The alias was moved in MLflow: the record counts.
async fn moved_by_others(platform: &Platform) {
    let alias = json!({"name": MODEL, "alias": "champion", "version": "4"});
    change(platform, Method::POST, "registered-models/alias", alias).await;
    let list = says(platform, &["list"]).await;
    assert!(list.contains("is at version 4") && list.contains("the record counts"), "{list}");
    let said = says(platform, &["rollback"]).await;
    assert!(said.contains("version 1") && said.contains("nothing new is recorded"), "{said}");
    assert_eq!(answers(platform, "2013-02-13T01:00:00Z").await, (json!(1), json!(1)));
}

async fn change(platform: &Platform, method: Method, path: &str, body: Value) {
    let url = format!("{}/api/2.0/mlflow/{path}", platform.tracker_url());
    let answer = reqwest::Client::new().request(method, url).json(&body).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
}

/// The file of a logged model's graph below a folder.
pub fn artifact(folder: &Path, model_id: &str) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?.map(|entry| entry.unwrap().path());
    entries.into_iter().find_map(|path| {
        let ours = path.ends_with("model.onnx") && path.iter().any(|part| part == model_id);
        if ours { Some(path) } else { artifact(&path, model_id) }
    })
}

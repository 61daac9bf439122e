//! Stores that die and come back, champions that come and go, a model that was changed in its store: requests go on meanwhile.

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use weekahead_lake::{Lake, LakeConfig};
use weekahead_market::{Calendar, Session};

use crate::load::{Asked, Load};
use crate::models;
use crate::platform::PATIENCE;
use crate::services::{SYMBOLS, Services, recent_sessions};
use crate::write_back;

const MODEL: &str = "weekahead-weekly";
/// Three models that are trained in no time; the second is promoted by hand, so that forecasts are numbers.
const EXPERIMENT: &str = "models = [{ kind = 'random_walk' }, { kind = 'ridge', alpha = 1000.0 }, { kind = 'historical_mean' }]\n\
                          [folds]\nwarm_up_origins = 120\nrefit_every_origins = 52\ncalibration_origins = 52\n";
/// How many of the newest sessions lie after the training.
const SINCE_TRAINING: usize = 150;

#[tokio::test(flavor = "multi_thread")]
async fn requests_go_on_while_stores_and_champions_come_and_go() {
    let sessions = recent_sessions(1_150);
    let mut services = Services::with_quotes(&sessions);
    let began = Instant::now();
    trained(&mut services, &sessions).await;
    services.start(&["serving"]).await;
    until(&services, "version 2 answers", |ready| ready["model_version"] == 2).await;
    println!("ready after {:?}", began.elapsed());

    let load = Load::start(&asked(&services, &sessions).await, 6);
    until(&services, "features are held", |ready| ready["features_lag_sessions"].is_u64()).await;
    load.went_on("all is there", &[]).await;
    the_tracker_dies(&mut services, &load).await;
    the_lake_dies(&mut services, &load).await;
    the_warehouse_dies(&mut services, &load).await;
    the_champion_moves(&services, &load).await;
    a_model_is_changed(&services, &load).await;
    drop(load);
    write_back::survives_a_kill(
        &mut services,
        &sessions[sessions.len() - SINCE_TRAINING + 5..sessions.len() - 1],
    )
    .await;
    println!("all in {:?}", began.elapsed());
}

/// Three versions, trained a while ago, of which the second became champion then.
async fn trained(services: &mut Services, sessions: &[Session]) {
    // Python takes its time to start.
    services.spawn("tracker");
    services.start(&["lake", "warehouse", "provider"]).await;
    services.says(&["warehouse", "migrate"]).await;
    services.says(&["ingest"]).await;
    services.says(&["features", "build"]).await;
    let experiment = services.platform.home().join("experiment.toml");
    std::fs::write(&experiment, EXPERIMENT).unwrap();
    services.until_up("tracker").await;
    let trained = after_close(sessions[sessions.len() - SINCE_TRAINING]);
    services.says(&["train", experiment.to_str().unwrap(), "--as-of", &trained]).await;
    let promoted = after_close(sessions[sessions.len() - SINCE_TRAINING + 1]);
    services.says(&["models", "promote", "2", "--reason", "for its numbers", "--as-of", &promoted]).await;
}

/// When the bars of a session are known.
pub fn after_close(session: Session) -> String {
    let close = Calendar::nyse().close(session).unwrap();
    (close + SignedDuration::from_hours(2)).to_string()
}

/// Everything that clients do, each by its name.
async fn asked(services: &Services, sessions: &[Session]) -> Vec<Asked> {
    let url = |path: &str| format!("{}{path}", services.platform.url());
    let get = |name, path: &str| Asked { name, method: Method::GET, url: url(path), body: None };
    let post =
        |name, path: &str, body| Asked { name, method: Method::POST, url: url(path), body: Some(body) };
    let model = format!("/v2/models/{MODEL}");
    let metadata: Value = serde_json::from_str(&services.platform.get(&model).await.1).unwrap();
    let width = metadata["inputs"][0]["shape"][1].as_u64().unwrap() as usize;
    let row = vec![0.01; width];
    let tensor = json!({"name": "x", "datatype": "FP32", "shape": [1, width], "data": row});
    let then = after_close(sessions[sessions.len() - 60]);
    vec![
        post("invocations", "/invocations", json!({"inputs": [row]})),
        post("infer", &format!("{model}/infer"), json!({"inputs": [tensor]})),
        post("now", "/v1/forecasts", json!({"symbols": SYMBOLS})),
        post("then", "/v1/forecasts", json!({"symbols": SYMBOLS, "as_of": then})),
        get("features", "/v1/features"),
        get("stored", "/v1/forecasts?limit=5"),
        get("prices", "/v1/symbols/IBM/prices"),
        get("models", "/v1/models"),
        get("ready", "/readyz"),
        get("metrics", "/metrics"),
    ]
}

/// `/readyz`, once something holds of it.
async fn until(services: &Services, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    let began = Instant::now();
    while began.elapsed() < PATIENCE / 3 {
        last = serde_json::from_str(&services.platform.get("/readyz").await.1).unwrap();
        if holds(&last) {
            println!("{what}: after {:?}", began.elapsed());
            return last;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never: {what}: {last}");
}

/// Waits until `/readyz` names a part as away, and `/metrics` with it; why.
async fn until_away(services: &Services, part: &str) -> String {
    let away = |ready: &Value| {
        let degraded = ready["degraded"].as_array()?.iter();
        let named = degraded.into_iter().find(|away| away["part"] == part)?;
        Some(named["reason"].as_str()?.to_owned())
    };
    let ready = until(services, &format!("{part} is away"), |ready| away(ready).is_some()).await;
    assert_eq!(ready["degraded"].as_array().unwrap().len(), 1, "{ready}");
    assert_eq!(metric(services, &format!("weekahead_{part}_failing")).await, 1.0);
    away(&ready).unwrap()
}

/// Waits until nothing is away.
async fn until_well(services: &Services) -> Value {
    let ready = until(services, "nothing is away", |ready| ready["degraded"] == json!([])).await;
    for part in ["registry", "warehouse"] {
        assert_eq!(metric(services, &format!("weekahead_{part}_failing")).await, 0.0);
    }
    ready
}

async fn metric(services: &Services, name: &str) -> f64 {
    let text = services.platform.get("/metrics").await.1;
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
}

/// Who answers forecasts of the present.
async fn answers(services: &Services) -> Value {
    let (status, answer) = services.platform.post("/v1/forecasts", &json!({"symbols": SYMBOLS})).await;
    assert_eq!((status, answer["forecasts"].as_array().unwrap().len()), (200, SYMBOLS.len()), "{answer}");
    answer["model_version"].clone()
}

/// Moves the alias in MLflow, as its own users do.
async fn point(services: &Services, version: &str) {
    let url = format!("{}/api/2.0/mlflow/registered-models/alias", services.platform.tracker_url());
    let alias = json!({"name": MODEL, "alias": "champion", "version": version});
    let answer = Client::new().post(url).json(&alias).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
}

/// Only what is the tracker's to tell is told by nobody meanwhile.
async fn the_tracker_dies(services: &mut Services, load: &Load) {
    services.kill("tracker").await;
    let reason = until_away(services, "registry").await;
    assert!(reason.contains("does not answer"), "{reason}");
    load.until_told(&["models"]).await;
    services.start(&["tracker"]).await;
    let ready = until_well(services).await;
    assert_eq!(ready["model_version"], 2);
    load.went_on("the tracker was away", &["models"]).await;
}

/// Nobody misses the lake until a version is to be loaded; it is when the lake is back.
async fn the_lake_dies(services: &mut Services, load: &Load) {
    services.kill("lake").await;
    point(services, "1").await;
    until_away(services, "registry").await;
    assert_eq!(answers(services).await, 2);
    services.start(&["lake"]).await;
    until(services, "version 1 answers", |ready| ready["model_version"] == 1).await;
    until_well(services).await;
    assert_eq!(answers(services).await, 1);
    point(services, "2").await;
    until(services, "version 2 answers", |ready| ready["model_version"] == 2).await;
    assert_eq!(answers(services).await, 2);
    load.went_on("the lake was away", &[]).await;
}

/// What was forecast, and what is in memory, is answered; what must be read is not. A champion that comes meanwhile has forecast
/// nothing yet, so that the forecasts of the one before go on.
async fn the_warehouse_dies(services: &mut Services, load: &Load) {
    services.kill("warehouse").await;
    let reason = until_away(services, "warehouse").await;
    assert!(reason.contains("does not answer"), "{reason}");
    point(services, "1").await;
    until(services, "version 1 is live", |ready| ready["model_version"] == 1).await;
    assert_eq!(answers(services).await, 2);
    load.until_told(&["then", "stored", "prices", "models"]).await;
    services.start(&["warehouse"]).await;
    until_well(services).await;
    assert_eq!(answers(services).await, 1);
    point(services, "2").await;
    until(services, "version 2 answers", |ready| ready["model_version"] == 2).await;
    load.went_on("the warehouse was away", &["then", "stored", "prices", "models"]).await;
}

/// By our own command, with the decision on record; what was asked for the past is answered as before.
async fn the_champion_moves(services: &Services, load: &Load) {
    services.says(&["models", "promote", "3", "--reason", "a trial"]).await;
    until(services, "version 3 answers", |ready| ready["model_version"] == 3).await;
    assert_eq!(answers(services).await, 3);
    load.went_on("version 3 took over", &[]).await;
    services.says(&["models", "rollback"]).await;
    until(services, "version 2 answers", |ready| ready["model_version"] == 2).await;
    assert_eq!(answers(services).await, 2);
    load.went_on("version 2 is back", &[]).await;
}

/// A new version whose object is another than was registered never answers.
async fn a_model_is_changed(services: &Services, load: &Load) {
    let copy = registered_again(services).await;
    point(services, &copy).await;
    let reason = until_away(services, "registry").await;
    assert!(reason.contains("has digest") && reason.contains(&format!("version {copy}")), "{reason}");
    assert_eq!(answers(services).await, 2);
    // The record still says who is right.
    services.says(&["models", "rollback"]).await;
    let ready = until_well(services).await;
    assert_eq!(ready["model_version"], 2);
    load.went_on("a changed model was champion", &[]).await;
}

/// Another version of what version 3 is, whose object is then overwritten in the lake.
async fn registered_again(services: &Services) -> String {
    let url = format!("{}/api/2.0/mlflow/model-versions", services.platform.tracker_url());
    let get = format!("{url}/get?name={MODEL}&version=3");
    let registered: Value = reqwest::get(get).await.unwrap().json().await.unwrap();
    let mut copy = registered["model_version"].clone();
    copy.as_object_mut()
        .unwrap()
        .retain(|key, _| ["name", "source", "run_id", "tags"].contains(&key.as_str()));
    let model_id = copy["source"].as_str().unwrap().trim_start_matches("models:/").to_owned();
    copy["model_id"] = json!(model_id);
    let made = Client::new().post(format!("{url}/create")).json(&copy).send().await.unwrap();
    let made: Value = made.json().await.unwrap();
    overwrite(services, &model_id).await;
    made["model_version"]["version"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
}

/// Changes a byte of a logged model, as whoever has a key to the bucket can.
async fn overwrite(services: &Services, model_id: &str) {
    let bucket = services.platform.home().join("lake/lake");
    let file = models::artifact(&bucket, model_id).expect("the artifact");
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let lake = LakeConfig {
        endpoint: Some(services.platform.lake_endpoint()),
        bucket: "lake".to_owned(),
        region: "us-east-1".to_owned(),
        access_key_id: Some("weekahead".to_owned()),
        secret_access_key: Some("weekahead-local".to_owned()),
        path_style: true,
    };
    let key = file.strip_prefix(&bucket).unwrap().to_str().unwrap();
    Lake::open(&lake).await.unwrap().put(key, bytes.into()).await.unwrap();
}

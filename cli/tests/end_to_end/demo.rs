//! The demo, twice: it tells the whole story, its champion is MLflow's champion, and a second run adds nothing.

use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::platform::{PATIENCE, Platform, Running};
use crate::{mlflow, models, native, page};

const SYMBOLS: [&str; 5] = ["AAPL", "FB", "GOOG", "IBM", "MSFT"];

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_runs_twice_and_adds_nothing_the_second_time() {
    let platform = Platform::new();
    let mut first = Running::start(platform.weekahead(&["demo", "--stay"]));
    first.until("the HTTP API answers").await;

    let digests = platform.digests().await;
    let counts: Vec<u64> =
        digests.iter().map(|(_, d)| d.split('\t').next().unwrap().parse().unwrap()).collect();
    assert!(counts.iter().all(|count| *count > 0), "an empty table: {digests:?}");
    weekly_rows(&platform).await;
    mlflow::reads_the_session(&platform).await;
    api_answers_like_mlflow(&platform).await;
    intervals_have_learned(&platform).await;
    online_features_are_those_of_the_table(&platform).await;
    sql_computes_the_same_features(&platform).await;
    an_experiment_is_planned_and_refused(&platform).await;
    bad_requests(&platform).await;
    native::reads_are_right(&platform).await;
    page::is_drawn(&platform).await;

    first.signal(Signal::SIGINT);
    let (code, said) = first.end().await;
    assert_eq!(code, Some(0), "{said}");
    platform.until_silent().await;

    let mut second = Running::start(platform.weekahead(&["demo", "--stay"]));
    second.until("the HTTP API answers").await;
    assert_eq!(platform.digests().await, digests);
    models::are_managed(&platform).await;
    // Killed, a supervisor stops nobody: the lifelines must.
    second.signal(Signal::SIGKILL);
    second.end().await;
    platform.until_silent().await;
}

/// Every symbol has a forecast at every origin, and all but the last week's are scored.
async fn weekly_rows(platform: &Platform) {
    let rows = "SELECT origin, count(), uniqExact(symbol) FROM forecasts.forecasts FINAL GROUP BY origin ORDER BY origin";
    let origins = ["2013-01-25", "2013-02-01", "2013-02-08", "2013-02-15", "2013-02-22", "2013-03-01"];
    let expected: String = origins.iter().map(|origin| format!("{origin}\t5\t5\n")).collect();
    assert_eq!(platform.query(rows).await, expected);
    let scored = "SELECT count() FROM marts.forecast_accuracy WHERE isFinite(error)";
    assert_eq!(platform.query(scored).await, "25\n");
    let adjusted = "SELECT countIf(abs(log_return) > 0.6) FROM marts.prices WHERE symbol IN ('AAPL', 'MSFT') AND session > '2001-01-01'";
    assert_eq!(platform.query(adjusted).await, "0\n", "a split looks like a return");
}

/// The numbers of the API are those that stock MLflow computes with the registered champion.
async fn api_answers_like_mlflow(platform: &Platform) {
    let request = json!({"symbols": SYMBOLS, "as_of": "2013-01-25T23:00:00Z"});
    let (status, answer) = platform.post("/v1/forecasts", &request).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["forecasts"].as_array().unwrap().len(), SYMBOLS.len());
    let theirs = mlflow::predictions(platform, "models:/weekahead-weekly@champion", "2013-01-25").await;
    mlflow::agrees(&answer, &theirs);
    // No outcome was known then, so the quantiles above are those of the artifact.
    assert_eq!(answer["intervals"]["outcomes"], json!(0), "{answer}");
    // The same question again is the same answer, and no new row.
    assert_eq!(platform.post("/v1/forecasts", &request).await.1, answer);
}

/// Five weeks on the intervals have learned from what came true: what is answered is what the weekly cycle wrote then.
async fn intervals_have_learned(platform: &Platform) {
    let request = json!({"symbols": SYMBOLS, "as_of": "2013-03-01T23:00:00Z"});
    let (status, answer) = platform.post("/v1/forecasts", &request).await;
    let intervals = &answer["intervals"];
    assert_eq!((status, &intervals["outcomes"]), (200, &json!(25)), "{answer}");
    assert_eq!(intervals["coverage"].as_array().unwrap().len(), 3, "{answer}");
    let adapted: Vec<f64> = serde_json::from_value(intervals["adapted_levels"].clone()).unwrap();
    assert!(adapted.len() == 7 && adapted != [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95], "{answer}");
    for forecast in answer["forecasts"].as_array().unwrap() {
        let stored = format!(
            "SELECT quantile_values, adapted_levels, interval_outcomes, coverage_80 FROM forecasts.forecasts FINAL \
             WHERE forecast_id = '{}' FORMAT JSONEachRow",
            forecast["forecast_id"].as_str().unwrap()
        );
        let stored: Value = serde_json::from_str(&platform.query(&stored).await).unwrap();
        let quantiles = forecast["quantiles"].as_array().unwrap();
        let served = Value::from_iter(quantiles.iter().map(|quantile| quantile["log_return"].clone()));
        assert!(same(&served, &stored["quantile_values"]), "{forecast} and {stored}");
        assert!(same(&stored["adapted_levels"], &intervals["adapted_levels"]), "{answer} and {stored}");
        assert_eq!(stored["coverage_80"].as_f64(), intervals["coverage"][1]["share"].as_f64());
    }
}

/// Whether two lists of numbers are the same but for the last digit that is printed.
fn same(ours: &Value, theirs: &Value) -> bool {
    let numbers = |list: &Value| serde_json::from_value::<Vec<f64>>(list.clone()).unwrap();
    let (ours, theirs) = (numbers(ours), numbers(theirs));
    ours.len() == theirs.len() && ours.iter().zip(&theirs).all(|(a, b)| (a - b).abs() < 1e-12)
}

/// The server holds the newest row of each symbol of the demo, bit for bit the table's.
async fn online_features_are_those_of_the_table(platform: &Platform) {
    let loaded = async {
        while platform.get("/v1/features/AAPL").await.0 != 200 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(PATIENCE, loaded).await.unwrap();
    let get = async |path: &str| serde_json::from_str::<Value>(&platform.get(path).await.1).unwrap();
    let served = get("/v1/features/AAPL").await;
    let row = "SELECT * FROM features.weekly_core FINAL WHERE symbol = 'AAPL' ORDER BY session DESC, knowledge_time DESC \
               LIMIT 1 FORMAT JSONEachRow";
    let stored: Value = serde_json::from_str(&platform.query(row).await).unwrap();
    for name in ["view_version", "session"] {
        assert_eq!(served[name], stored[name], "{name}");
    }
    let bits = |value: &Value| value.as_f64().map(|value| (value as f32).to_bits());
    let features = served["features"].as_object().unwrap();
    assert_eq!(features.len(), 35);
    for (name, value) in features {
        assert_eq!(bits(value), bits(&stored[name]), "{name}: {value} and {}", stored[name]);
    }
    let all = get("/v1/features").await;
    let held: Vec<_> =
        all["symbols"].as_array().unwrap().iter().map(|each| each["symbol"].as_str().unwrap()).collect();
    assert_eq!(held, SYMBOLS);
}

/// On real quotes, with their gaps, splits and restatements: both executors agree, and the build has described the values.
async fn sql_computes_the_same_features(platform: &Platform) {
    let says = async |args: &[&str], text: &str| {
        let mut command = platform.weekahead(args);
        let output = command.env("WEEKAHEAD_UNIVERSE__SYMBOLS", SYMBOLS.join(",")).output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains(text), "{args:?}: {said}{output:?}");
    };
    says(&["features", "compare"], "weekly_core: 35 features over ").await;
    says(&["features", "stats"], "weekly_core as of ").await;
}

/// A dry run tells of the folds and writes nothing; what cannot be trained is refused before anything is.
async fn an_experiment_is_planned_and_refused(platform: &Platform) {
    let file = platform.home().join("experiment.toml");
    let plan = async |text: &str| {
        std::fs::write(&file, text).unwrap();
        let mut command = platform.weekahead(&["train", file.to_str().unwrap(), "--dry-run"]);
        command.env("WEEKAHEAD_UNIVERSE__SYMBOLS", SYMBOLS.join(","));
        let output = command.output().await.unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    };
    let runs = platform.query("SELECT count() FROM ops.promotions").await;
    let models = "[[models]]\nkind = 'random_walk'\n[[models]]\nkind = 'pls'\ncomponents = 2\n";
    let folds = "universe = ['IBM', 'MSFT']\nhalf_life_weeks = 104\n[folds]\nrefit_every_origins = 26\n";
    let (planned, said) = plan(&format!("{folds}{models}")).await;
    assert!(planned && said.contains("pls(components=2)"), "{said}");
    // Of two symbols: 104 origins to calibrate on, and of 156 the rest, but that a week's target reaches into the next
    // origin: one origin before each of the two cuts is left out.
    let first_fold: Vec<&str> =
        said.lines().map(str::trim).find(|line| line.starts_with("0 ")).unwrap().split_whitespace().collect();
    assert_eq!(
        (first_fold[4], first_fold[5], first_fold[6], first_fold[10]),
        ("100", "208", "4", "52"),
        "{said}"
    );
    let (planned, said) = plan("view = 'alpha158'\n").await;
    assert!(!planned && said.contains("features build --view alpha158"), "{said}");
    let (planned, said) = plan("[folds]\nwarm_up_origins = 100000\n").await;
    assert!(!planned && said.contains("weekly origins with realised targets"), "{said}");
    assert_eq!(platform.query("SELECT count() FROM ops.promotions").await, runs);
}

async fn bad_requests(platform: &Platform) {
    let too_early = json!({"symbols": ["IBM"], "as_of": "2005-01-01"});
    let cases = [
        (json!({"symbols": []}), 422, "symbol_count"),
        (json!({"symbols": ["two words"]}), 422, "invalid"),
        (json!({"symbols": ["IBM"], "as_of": "yesterday"}), 422, "invalid"),
        (json!({"symbol": "IBM"}), 422, "malformed"),
        (json!({"symbols": ["IBM"], "as_of": "2400-01-01"}), 422, "future_as_of"),
        (too_early, 409, "no_champion"),
    ];
    for (body, status, code) in cases {
        let (found, problem) = platform.post("/v1/forecasts", &body).await;
        assert_eq!((found, problem["code"].as_str()), (status, Some(code)), "{body}: {problem}");
    }
    let unknown = json!({"symbols": ["IBM", "NOPE"], "as_of": "2013-01-25T23:00:00Z"});
    let (status, answer) = platform.post("/v1/forecasts", &unknown).await;
    assert_eq!((status, &answer["unanswered"][0]["symbol"]), (200, &json!("NOPE")), "{answer}");
    assert_eq!(platform.get("/healthz").await, (200, "ok\n".to_owned()));
    assert_eq!(platform.get("/readyz").await.0, 200);
    assert_eq!(platform.get("/nowhere").await.0, 404);
    assert!(platform.get("/openapi.json").await.1.contains("/v1/forecasts"));
    assert!(platform.get("/docs/").await.1.contains("swagger"));
}

//! The reads of the API over the demo: what was stored, what came of it, where it came from, and forecasts from a caller's bars.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::platform::{Platform, repository, venv};

/// All of it, over a platform whose server runs.
pub async fn reads_are_right(platform: &Platform) {
    let stored = pages(platform).await;
    figures(platform).await;
    models(platform).await;
    lineage(platform, &stored).await;
    own_bars(platform, &stored).await;
    documented(platform).await;
    conforms(platform).await;
}

async fn get(platform: &Platform, path: &str) -> Value {
    let (status, text) = platform.get(path).await;
    assert_eq!(status, 200, "{path}: {text}");
    serde_json::from_str(&text).unwrap()
}

/// Every forecast of the six weeks, newest first, page by page; those of the first five with their outcome.
async fn pages(platform: &Platform) -> Vec<Value> {
    let (mut stored, mut path) = (Vec::new(), "/v1/forecasts?limit=7".to_owned());
    loop {
        let page = get(platform, &path).await;
        stored.extend(page["forecasts"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/forecasts?limit=7&cursor={cursor}");
    }
    let place = |row: &Value| {
        (row["origin"].as_str().unwrap().to_owned(), row["symbol"].as_str().unwrap().to_owned())
    };
    let mut places: Vec<_> = stored.iter().map(place).collect();
    assert_eq!((places.len(), places[0].clone()), (30, ("2013-03-01".to_owned(), "AAPL".to_owned())));
    places.sort();
    places.dedup();
    assert_eq!(places.len(), 30);
    assert_eq!(stored.iter().filter(|row| row["outcome"].is_object()).count(), 25);
    let then = get(platform, "/v1/forecasts?as_of=2013-02-01T23:00:00Z").await;
    let then = then["forecasts"].as_array().unwrap();
    let outcomes = then.iter().filter(|row| row["outcome"].is_object()).count();
    assert_eq!((then.len(), outcomes), (10, 5));
    stored
}

/// The figures of the API are those of the leaderboard, which averages the same rows.
async fn figures(platform: &Platform) {
    let answer = get(platform, "/v1/accuracy").await;
    let overall = &answer["overall"];
    assert_eq!(overall["outcomes"], 25, "{answer}");
    let live = "SELECT live_mae, live_mase, live_directional_accuracy, live_coverage_80, live_pinball \
                FROM marts.leaderboard WHERE live_n > 0 FORMAT JSONCompactEachRow";
    let live: Vec<f64> = serde_json::from_str(&platform.query(live).await).unwrap();
    let names = ["mae", "mase", "directional_accuracy", "coverage_80", "pinball"];
    for (name, figure) in names.iter().zip(live) {
        assert!((overall[*name].as_f64().unwrap() - figure).abs() < 1e-12, "{name}: {answer}");
    }
    let coverage = |name: &str| overall[name].as_f64().unwrap();
    assert!(coverage("coverage_90") >= coverage("coverage_80"), "{answer}");
    for (group, count) in [("by_version", 1), ("by_symbol", 5), ("by_week", 5)] {
        assert_eq!(answer[group].as_array().unwrap().len(), count, "{group}: {answer}");
    }
}

async fn models(platform: &Platform) {
    let answer = get(platform, "/v1/models").await;
    assert_eq!(
        (&answer["champion"]["version"], &answer["champion"]["kind"]),
        (&json!(1), &json!("random_walk"))
    );
    assert!(answer["champion"]["decision"].as_str().is_some_and(|why| !why.is_empty()), "{answer}");
    assert_eq!(answer["versions"].as_array().unwrap().len(), 7);
    let board = answer["leaderboard"].as_array().unwrap();
    let mae = |row: &Value| row["mae"].as_f64().unwrap();
    assert!(board.len() == 9 && board.windows(2).all(|pair| mae(&pair[0]) <= mae(&pair[1])), "{answer}");
    assert!(board.iter().any(|row| row["model"] == "random_walk" && row["mase"] == 1.0), "{answer}");
    assert!(board.iter().any(|row| row["rank_ic"].is_f64()), "{answer}");
    let symbols = get(platform, "/v1/symbols").await;
    assert_eq!(symbols["symbols"].as_array().unwrap().len(), 5, "{symbols}");
}

/// The chain of a forecast, and its replay: before the intervals learned anything, and after.
async fn lineage(platform: &Platform, stored: &[Value]) {
    for row in [stored.last().unwrap(), &stored[0]] {
        let id = row["forecast_id"].as_str().unwrap();
        let lineage = get(platform, &format!("/v1/forecasts/{id}/lineage")).await;
        assert_eq!((&lineage["run_id"], &lineage["symbol"]), (&row["run_id"], &row["symbol"]));
        let objects =
            lineage["loads"].as_array().unwrap().iter().flat_map(|load| load["objects"].as_array().unwrap());
        let etags = objects.map(|object| object["etag"].as_str().unwrap().len());
        assert!(etags.clone().count() >= 2 && etags.min() >= Some(32), "{lineage}");
        let (code, said, error) = platform.run(&["explain", id]).await;
        assert!(code == 0 && said.contains("bit for bit") && said.contains("as loaded"), "{said}{error}");
    }
    // With another step the levels of the last week would be others.
    let id = stored[0]["forecast_id"].as_str().unwrap();
    let mut command = platform.weekahead(&["explain", id]);
    let output = command.env("WEEKAHEAD_SERVING__ADAPTIVE_STEP", "0").output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.code() == Some(1) && said.contains("DIFFERS"), "{said}{output:?}");
    let (code, _, error) = platform.run(&["explain", "00000000-0000-0000-0000-000000000000"]).await;
    assert!(code == 2 && error.contains("is stored"), "{error}");
}

/// The warehouse's own bars give the stored forecast: to the bit from the first bar on, else to the last digits of a float.
async fn own_bars(platform: &Platform, stored: &[Value]) {
    for (symbol, tolerance) in [("GOOG", 0.0), ("AAPL", 1e-6)] {
        let path = format!("/v1/symbols/{symbol}/prices?sessions=2500&as_of=2013-01-25T23:00:00Z");
        let mut bars = get(platform, &path).await["prices"].take();
        for bar in bars.as_array_mut().unwrap() {
            bar.as_object_mut().unwrap().remove("adj_close");
        }
        let request = json!({"series": [{"symbol": "MINE", "bars": bars}]});
        let (status, answer) = platform.post("/v1/forecasts:from-bars", &request).await;
        assert_eq!(status, 200, "{answer}");
        let is_it = |row: &&Value| row["symbol"] == symbol && row["origin"] == "2013-01-25";
        let (theirs, ours) = (stored.iter().find(is_it).unwrap(), &answer["forecasts"][0]);
        assert_eq!((&ours["symbol"], &ours["origin"]), (&json!("MINE"), &theirs["origin"]));
        let close = |a: &Value, b: &Value| (a.as_f64().unwrap() - b.as_f64().unwrap()).abs() <= tolerance;
        assert!(close(&ours["log_return"], &theirs["log_return"]), "{ours} {theirs}");
        let quantiles = |row: &Value| row["quantiles"].as_array().unwrap().clone();
        assert_eq!(quantiles(ours).len(), 7);
        for (a, b) in quantiles(ours).iter().zip(&quantiles(theirs)) {
            assert!(close(&a["log_return"], &b["log_return"]), "{symbol}: {a} {b}");
        }
    }
    let rows = platform.query("SELECT count() FROM forecasts.forecasts FINAL").await;
    assert_eq!(rows, "30\n", "nothing is written back");
}

/// Every example of docs/API.md answers with the status that it promises.
async fn documented(platform: &Platform) {
    let page = std::fs::read_to_string(repository().join("docs/API.md")).unwrap();
    let blocks: Vec<&str> =
        page.split("```bash\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(blocks.len() > 10, "the page has lost its examples");
    for block in blocks {
        let (promised, script) = block.split_once('\n').unwrap();
        let script = script
            .replace("http://127.0.0.1:8080", &platform.url())
            .replace("curl -s", "curl -s -o answer -w '%{http_code}'");
        let output =
            Command::new("bash").args(["-ec", &script]).current_dir(platform.home()).output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(promised, format!("# {said}"), "{script}: {output:?}");
    }
}

/// Whatever the OpenAPI document allows is answered as it says, and what it forbids is refused, on every route.
async fn conforms(platform: &Platform) {
    let schema = format!("{}/openapi.json", platform.url());
    let config = repository().join("cli/tests/end_to_end/schemathesis.toml");
    let output = Command::new(venv().join("bin/schemathesis"))
        .arg("--config-file")
        .arg(config)
        // What can be asked for, depends on what is stored: not every symbol that may be written is one.
        .args(["run", &schema, "--exclude-checks", "positive_data_acceptance"])
        .args(["--phases", "examples,coverage,fuzzing", "--max-examples", "10", "--seed", "20130125"])
        .args(["--generation-database", "none", "--no-color", "--no-shrink", "--warnings", "off"])
        .current_dir(platform.home())
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

//! Bars that a caller brings are checked before anything is computed from them.

use serde_json::{Value, json};
use weekahead_serving::http::ServerHandle;

use crate::http::served;
use crate::support::{Platform, view};

/// A quiet week of somebody's.
fn series(symbol: &str) -> Value {
    let bar = |day: u32| {
        let session = format!("2013-01-{day}");
        json!({"session": session, "open": 10.0, "high": 11.0, "low": 9.0, "close": 10.5, "volume": 100.0})
    };
    json!({"symbol": symbol, "bars": (21..26).map(bar).collect::<Vec<_>>()})
}

/// The week with one entry of its third bar replaced.
fn with(name: &str, value: Value) -> Value {
    let mut series = series("MINE");
    series["bars"][2][name] = value;
    json!({"series": [series]})
}

async fn post(server: &ServerHandle, body: &Value) -> Value {
    let url = format!("http://{}/v1/forecasts:from-bars", server.local_addr());
    let answer =
        reqwest::Client::new().post(url).header("x-request-id", "story").json(body).send().await.unwrap();
    let status = answer.status().as_u16();
    json!({"status": status, "answer": answer.json::<Value>().await.unwrap()})
}

#[tokio::test]
async fn bars_that_cannot_be_are_refused_by_name() {
    let platform = Platform::start().await;
    let (server, _) = served(&platform, view("online")).await;
    let mut short = series("MINE");
    short["bars"].as_array_mut().unwrap().truncate(1);
    let mut long = series("MINE");
    let bar = long["bars"][0].clone();
    long["bars"] = Value::Array(vec![bar; 2_601]);
    let requests = [
        json!({"series": []}),
        json!({"series": vec![series("MINE"); 101]}),
        json!({"series": [series("MINE"), series("YOURS"), series("MINE")]}),
        json!({"series": [series("two words")]}),
        json!({"series": [short]}),
        json!({"series": [long]}),
        with("high", json!(8.0)),
        with("close", json!(-1.0)),
        with("volume", json!(-1.0)),
        with("close", json!(20.0)),
        with("split", json!(0.0)),
        with("dividend", json!(-0.5)),
        with("dividend", json!(10.5)),
        with("session", json!("2013-01-21")),
        with("session", json!("yesterday")),
        with("session", json!("0001-01-01")),
        with("close", json!("10")),
        with("adj_close", json!(10.0)),
        json!({"bars": []}),
        // All is well with this one; but nobody is champion here.
        json!({"series": [series("MINE"), series("YOURS")]}),
    ];
    let mut answers = Vec::new();
    for request in &requests {
        answers.push(post(&server, request).await);
    }
    insta::assert_json_snapshot!(answers);
    server.shutdown().await;
    platform.stop().await;
}

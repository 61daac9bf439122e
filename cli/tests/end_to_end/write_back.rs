//! A server that is killed while it writes forecasts back: what it answered stands in the warehouse, and nothing is there twice.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};
use weekahead_market::Session;

use crate::outages::after_close;
use crate::platform::PATIENCE;
use crate::services::{SYMBOLS, Services};

/// What is to be asked, and what was answered, by forecast.
#[derive(Debug, Default)]
struct Story {
    asked: Mutex<VecDeque<String>>,
    answered: Mutex<BTreeMap<String, Value>>,
}

/// Forecasts every symbol as of many sessions over several connections, and kills the server three times meanwhile.
pub async fn survives_a_kill(services: &mut Services, sessions: &[Session]) {
    let story = Arc::new(Story::default());
    story.asked.lock().unwrap().extend(sessions.iter().map(|session| after_close(*session)));
    let before = rows(services).await.len();
    for share in [4, 3, 2] {
        let url = format!("{}/v1/forecasts", services.platform.url());
        let writers: Vec<_> = (0..4).map(|_| tokio::spawn(write(Arc::clone(&story), url.clone()))).collect();
        let enough = story.answered.lock().unwrap().len() + sessions.len() * SYMBOLS.len() / (4 * share);
        let under_way = async {
            while story.answered.lock().unwrap().len() < enough {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(PATIENCE, under_way).await.expect("forecasts that are not answered");
        services.kill("serving").await;
        for writer in writers {
            writer.await.unwrap();
        }
        assert!(!story.asked.lock().unwrap().is_empty(), "all was answered before the server was killed");
        stands(services, &story).await;
        services.start(&["serving"]).await;
    }
    write(Arc::clone(&story), format!("{}/v1/forecasts", services.platform.url())).await;
    stands(services, &story).await;
    let answered = story.answered.lock().unwrap().clone();
    assert_eq!(answered.len(), sessions.len() * SYMBOLS.len());
    let after = rows(services).await.len();
    assert!(after >= answered.len() && after <= before + answered.len(), "{before} {after}");
    has_lineage(services, &answered).await;
}

/// Asks until all is answered or the server is gone; what was not answered is asked again later.
async fn write(story: Arc<Story>, url: String) {
    let client = Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
    loop {
        let Some(as_of) = story.asked.lock().unwrap().pop_front() else { return };
        let request = client.post(&url).json(&json!({"symbols": SYMBOLS, "as_of": as_of}));
        let answer = match request.send().await {
            Ok(answer) if answer.status() == 200 => answer.json::<Value>().await.ok(),
            Ok(answer) => panic!("{as_of}: {:?}", answer.text().await),
            Err(_) => None,
        };
        let Some(answer) = answer else {
            story.asked.lock().unwrap().push_back(as_of);
            return;
        };
        let forecasts = answer["forecasts"].as_array().unwrap();
        assert_eq!(forecasts.len(), SYMBOLS.len(), "{answer}");
        let mut answered = story.answered.lock().unwrap();
        for forecast in forecasts {
            answered.insert(forecast["forecast_id"].as_str().unwrap().to_owned(), forecast.clone());
        }
    }
}

/// Point and quantiles of every row by its id, as they lie in the table: a row that is there twice would show.
async fn rows(services: &Services) -> BTreeMap<String, (f64, Vec<f64>)> {
    let sql = "SELECT toString(forecast_id), point, quantile_values FROM forecasts.forecasts FORMAT JSONCompactEachRow";
    let text = services.platform.query(sql).await;
    let read = text.lines().map(|line| {
        let (id, point, quantiles) = serde_json::from_str(line).unwrap();
        (id, (point, quantiles))
    });
    let rows: Vec<(String, (f64, Vec<f64>))> = read.collect();
    let (count, by_id) = (rows.len(), rows.into_iter().collect::<BTreeMap<_, _>>());
    assert_eq!(by_id.len(), count, "a forecast is there twice");
    let keys =
        "SELECT uniqExact(symbol, origin, horizon, model_name, model_version) FROM forecasts.forecasts";
    assert_eq!(services.platform.query(keys).await, format!("{count}\n"));
    by_id
}

/// Every forecast that was answered is stored with the numbers that were answered.
async fn stands(services: &Services, story: &Story) {
    let rows = rows(services).await;
    for (id, answer) in &*story.answered.lock().unwrap() {
        let (point, quantiles) = rows.get(id).unwrap_or_else(|| panic!("answered and not stored: {answer}"));
        assert_eq!(answer["log_return"].as_f64(), Some(*point), "{answer}");
        let answered = answer["quantiles"].as_array().unwrap().iter();
        let answered: Vec<_> = answered.map(|quantile| quantile["log_return"].as_f64().unwrap()).collect();
        assert_eq!(&answered, quantiles, "{answer}");
    }
}

/// Where they came from can be told, and one of them made again.
async fn has_lineage(services: &Services, answered: &BTreeMap<String, Value>) {
    for id in answered.keys().step_by(97) {
        let (status, lineage) = services.platform.get(&format!("/v1/forecasts/{id}/lineage")).await;
        let lineage: Value = serde_json::from_str(&lineage).unwrap();
        assert_eq!((status, lineage["loads"].as_array().unwrap().len()), (200, 1), "{lineage}");
    }
    // The first origin: before it there are no outcomes that intervals could have learned from in another order.
    let (id, _) = answered.iter().min_by_key(|(_, forecast)| forecast["origin"].as_str()).unwrap();
    let said = services.says(&["explain", id]).await;
    assert!(said.contains("bit for bit"), "{said}");
}

//! What a client of the feature routes sees; the server that other stories ask, too.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use serde_json::{Value, json};
use weekahead_features::View;
use weekahead_market::{FixedClock, Horizon};
use weekahead_models::onnx::OnnxRuntime;
use weekahead_serving::http::{Api, ServerHandle, serve};
use weekahead_serving::{ForecastService, Forecaster, LiveModel, OnlineFeatures, Registry};
use weekahead_tracker::{Tracker, TrackerConfig};

use crate::libonnxruntime::libonnxruntime;
use crate::support::{Platform, as_of, bar, published, ranked_view, symbols, view};

/// Wednesday, 23 January 2013.
pub const WEDNESDAY: i32 = 15_728;

/// A server that stands on Friday evening, and the features that it serves.
pub async fn served(
    platform: &Platform,
    view: View,
) -> (ServerHandle, weekahead_features::Result<Arc<OnlineFeatures>>) {
    let warehouse = platform.warehouse.clone();
    let universe = symbols(&["AAPL", "IBM", "NONE"]);
    let features = OnlineFeatures::new(view, warehouse.clone(), universe).map(Arc::new);
    let tracker = Tracker::new(&TrackerConfig::new("http://127.0.0.1:9")).unwrap();
    let registry =
        Registry::new(warehouse.clone(), tracker, OnnxRuntime::load(&libonnxruntime()).unwrap(), "m");
    let registry = Arc::new(registry);
    let forecaster = Forecaster::new(warehouse, Arc::clone(&registry));
    let service = ForecastService::new(forecaster, LiveModel::new(registry), None);
    let clock = Arc::new(FixedClock::at(as_of(published(WEDNESDAY + 2)).instant()));
    let api = Api::new(service, Horizon::WEEK, features.clone(), clock);
    (serve(api, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap(), features)
}

pub async fn get(server: &ServerHandle, path: &str) -> Value {
    let url = format!("http://{}{path}", server.local_addr());
    let answer = reqwest::Client::new().get(url).header("x-request-id", "story").send().await.unwrap();
    let status = answer.status().as_u16();
    json!({"request": path, "status": status, "answer": answer.json::<Value>().await.unwrap()})
}

async fn post(server: &ServerHandle, path: &str, request: Value) -> Value {
    let asked = reqwest::Client::new().post(format!("http://{}{path}", server.local_addr()));
    let answer = asked.header("x-request-id", "story").json(&request).send().await.unwrap();
    let status = answer.status().as_u16();
    json!({"request": request, "status": status, "answer": answer.json::<Value>().await.unwrap()})
}

#[tokio::test]
async fn features_are_answered_as_agreed() {
    let platform = Platform::start().await;
    let (server, features) = served(&platform, view("online")).await;
    let mut answers = vec![get(&server, "/v1/features").await, get(&server, "/v1/features/AAPL").await];
    let closes = [10.0, 12.5, 15.0].iter().zip(WEDNESDAY..);
    let mut bars: Vec<_> = closes.map(|(close, day)| bar("AAPL", day, *close)).collect();
    bars.push(bar("IBM", WEDNESDAY, 200.0));
    platform.warehouse.write_bars(&bars).await.unwrap();
    features.unwrap().refresh(as_of(published(WEDNESDAY + 2))).await.unwrap();
    let paths = [
        "/v1/features",
        "/v1/features/AAPL",
        "/v1/features/IBM?features=range,%20ret_1",
        "/v1/features/NONE",
        "/v1/features/two%20words",
        "/v1/features/AAPL?features=levle",
        "/v1/features/AAPL?features=volatility",
        "/v1/features/AAPL?feature=level",
    ];
    for path in paths {
        answers.push(get(&server, path).await);
    }
    for request in [
        json!({"symbols": ["IBM", "NONE", "AAPL"], "features": ["range", "ret_1"]}),
        json!({"symbols": ["AAPL"], "features": ["levle"]}),
        json!({"symbols": []}),
        json!({"symbols": ["two words"]}),
    ] {
        answers.push(post(&server, "/v1/features", request).await);
    }
    insta::assert_json_snapshot!(answers);
    server.shutdown().await;

    let (server, _) = served(&platform, ranked_view("ranked")).await;
    let refused = [get(&server, "/v1/features").await, get(&server, "/v1/features/AAPL").await];
    insta::assert_json_snapshot!(refused);
    assert_eq!(reqwest::get(format!("http://{}/healthz", server.local_addr())).await.unwrap().status(), 200);
    server.shutdown().await;
    platform.stop().await;
}

//! The protocols of others, on a server that has a small model and neither warehouse nor MLflow.

mod grpc;
mod inference;
mod scoring;
mod traces;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use serde_json::{Value, json};
use weekahead_market::{FixedClock, Horizon};
use weekahead_models::onnx::OnnxRuntime;
use weekahead_serving::http::{Api, ServerHandle, ServerSettings, serve_with};
use weekahead_serving::{ForecastService, Forecaster, LiveModel, OnlineFeatures, Registry};
use weekahead_tracker::{Tracker, TrackerConfig};
use weekahead_warehouse::{Warehouse, WarehouseConfig};

use crate::libonnxruntime::libonnxruntime;
use crate::registry::serve_registry;
use crate::ridge;
use crate::support::{as_of, symbols, view};

const MODEL: &str = "weekly";
const FEATURES: [&str; 3] = ["a", "b", "vol"];
/// 25 January 2013, in the evening.
const NOW: i64 = 1_359_154_800_000_000;

/// A server whose model is live, unless it is to wait for one.
async fn served(live: bool) -> ServerHandle {
    served_with(live, |_| ()).await
}

/// The same with settings that differ from the defaults.
async fn served_with(live: bool, change: impl FnOnce(&mut ServerSettings)) -> ServerHandle {
    let registry = serve_registry(MODEL, artifact().into()).await.unwrap();
    let tracker = Tracker::new(&TrackerConfig::new(&format!("http://{registry}"))).unwrap();
    let nowhere = WarehouseConfig { url: "http://127.0.0.1:9".to_owned(), ..WarehouseConfig::default() };
    let warehouse = Warehouse::new(&nowhere).unwrap();
    let runtime = OnnxRuntime::load(&libonnxruntime()).unwrap();
    let registry = Arc::new(Registry::new(warehouse.clone(), tracker, runtime, MODEL));
    let forecaster = Forecaster::new(warehouse.clone(), Arc::clone(&registry));
    let service = ForecastService::new(forecaster, LiveModel::new(registry), None);
    if live {
        service.live.refresh(as_of(NOW)).await.unwrap();
    }
    let features = OnlineFeatures::new(view("online"), warehouse, symbols(&["AAPL"])).map(Arc::new);
    let clock = Arc::new(FixedClock::at(as_of(NOW).instant()));
    let api = Api::new(service, Horizon::WEEK, features, clock);
    let mut settings = ServerSettings::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    change(&mut settings);
    serve_with(api, settings).await.unwrap()
}

/// Ridge on three features.
fn artifact() -> Vec<u8> {
    ridge::artifact(("view", "1"), &FEATURES.map(str::to_owned), 0.1)
}

/// Status and body, which is a text where it is no JSON.
async fn send(server: &ServerHandle, path: &str, kind: Option<&str>, body: Vec<u8>) -> (u16, Value) {
    let mut request = reqwest::Client::new().post(format!("http://{}{path}", server.local_addr())).body(body);
    if let Some(kind) = kind {
        request = request.header("content-type", kind);
    }
    told(request.send().await.unwrap()).await
}

async fn get(server: &ServerHandle, path: &str) -> Value {
    let (status, answer) =
        told(reqwest::get(format!("http://{}{path}", server.local_addr())).await.unwrap()).await;
    json!({"request": path, "status": status, "answer": answer})
}

async fn told(answer: reqwest::Response) -> (u16, Value) {
    let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

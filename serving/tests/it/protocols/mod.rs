//! The protocols of others, on a server that has a small model and neither warehouse nor MLflow.

mod inference;
mod scoring;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use ndarray::{Array1, Array2};
use serde_json::{Value, json};
use weekahead_market::{FixedClock, Horizon};
use weekahead_models::onnx::{ArtifactMeta, OnnxRuntime, to_onnx};
use weekahead_models::{
    Calibration, DEFAULT_LEVELS, IntervalModel, ModelContext, ModelSpec, PreprocessingSpec, ScaleSpec,
    TrainingRows,
};
use weekahead_serving::http::{Api, ServerHandle, serve};
use weekahead_serving::{ForecastService, Forecaster, LiveModel, OnlineFeatures, Registry};
use weekahead_tracker::{Tracker, TrackerConfig};
use weekahead_warehouse::{Warehouse, WarehouseConfig};

use crate::http::libonnxruntime;
use crate::registry::serve_registry;
use crate::support::{as_of, symbols, view};

const MODEL: &str = "weekly";
const FEATURES: [&str; 3] = ["a", "b", "vol"];
/// 25 January 2013, in the evening.
const NOW: i64 = 1_359_154_800_000_000;

/// A server whose model is live, unless it is to wait for one.
async fn served(live: bool) -> ServerHandle {
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
    serve(api, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap()
}

/// Ridge on three features.
fn artifact() -> Vec<u8> {
    let x = Array2::from_shape_fn((60, 3), |(row, column)| {
        0.01 * (1 + (31 * row + 7 * column * column) % 17) as f32
    });
    let y = Array1::from_shape_fn(60, |row| 0.01 * (row % 5) as f64);
    let spec = ModelSpec::Ridge { alpha: 0.1 };
    let features = FEATURES.map(str::to_owned).to_vec();
    let context = ModelContext { features: &features, horizon: Horizon::WEEK, seed: 0 };
    let model = spec.forecaster(context).unwrap();
    let model = model.fit(&TrainingRows::new(x.view(), y.view()).unwrap()).unwrap();
    let forecast = model.predict(x.view()).unwrap();
    let calibration = Calibration { x: x.view(), y: y.view(), forecast: forecast.view() };
    let scale = ScaleSpec::new(2, Horizon::WEEK);
    let interval = IntervalModel::calibrate(&calibration, scale, &DEFAULT_LEVELS).unwrap();
    let meta = ArtifactMeta {
        model: spec,
        preprocessing: PreprocessingSpec::default(),
        view: "view".to_owned(),
        view_version: "1".to_owned(),
        features,
        horizon: Horizon::WEEK,
        levels: DEFAULT_LEVELS.to_vec(),
        seed: 0,
    };
    to_onnx(&model, &interval, &meta).unwrap()
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

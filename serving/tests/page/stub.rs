//! Stubs of the routes that the page draws, before the real router, whose page is served.

use std::net::Ipv4Addr;
use std::path::Path as FilePath;
use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use weekahead_market::{Horizon, SystemClock};
use weekahead_models::onnx::OnnxRuntime;
use weekahead_serving::http::{Api, Problem, router};
use weekahead_serving::{ForecastService, Forecaster, LiveModel, Registry};
use weekahead_tracker::{Tracker, TrackerConfig};
use weekahead_warehouse::{Warehouse, WarehouseConfig};

use crate::libonnxruntime::libonnxruntime;

type Parameters = Query<std::collections::HashMap<String, String>>;

/// What a server is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum World {
    /// All is there; two symbols have forecasts.
    Whole,
    /// Nobody is champion and nothing was forecast or ingested.
    Empty,
    /// Prices and models cannot be read.
    Broken,
    /// A key is wanted: `secret`.
    Locked,
}

impl World {
    /// All of them by name.
    pub const ALL: [(&str, Self); 4] =
        [("whole", Self::Whole), ("empty", Self::Empty), ("broken", Self::Broken), ("locked", Self::Locked)];
}

/// Serves a world for as long as the test runs, and says where.
pub async fn serve(world: World) -> String {
    let routes = Router::new()
        .route("/readyz", get(ready))
        .route("/v1/symbols", get(symbols))
        .route("/v1/symbols/{symbol}/prices", get(prices))
        .route("/v1/forecasts", get(forecasts).post(forecast))
        .route("/v1/accuracy", get(accuracy))
        .route("/v1/models", get(models))
        .route_layer(middleware::from_fn_with_state(world, lock))
        .with_state(world)
        .fallback_service(router(api()));
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, routes).await });
    origin
}

/// An API whose stores are never asked: what would ask them is stubbed.
fn api() -> Api {
    let warehouse = Warehouse::new(&WarehouseConfig::default()).unwrap();
    let tracker = Tracker::new(&TrackerConfig::new("http://127.0.0.1:9")).unwrap();
    let runtime = OnnxRuntime::load(&libonnxruntime()).unwrap();
    let registry = Arc::new(Registry::new(warehouse.clone(), tracker, runtime, "m"));
    let forecaster = Forecaster::new(warehouse, Arc::clone(&registry));
    let service = ForecastService::new(forecaster, LiveModel::new(registry), None);
    let features = Err(weekahead_features::Error::CrossSectional { view: "none".to_owned() });
    Api::new(service, Horizon::WEEK, features, Arc::new(SystemClock))
}

fn fixture(name: &str) -> Option<Value> {
    let folder = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("tests/page/fixtures");
    let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

async fn lock(State(world): State<World>, request: Request, next: Next) -> Response {
    let key = request.headers().get("x-api-key").and_then(|key| key.to_str().ok());
    if world == World::Locked && key != Some("secret") {
        let detail = "this route wants a key in x-api-key";
        return Problem::new(StatusCode::UNAUTHORIZED, "no_key", "No key", detail).into_response();
    }
    next.run(request).await
}

async fn ready(State(world): State<World>) -> Response {
    if world == World::Empty {
        let detail = "no version of `weekahead-weekly` was champion: run `weekahead train` first";
        return Problem::new(StatusCode::CONFLICT, "no_champion", "No model was champion", detail)
            .into_response();
    }
    Json(fixture("ready")).into_response()
}

async fn symbols(State(world): State<World>) -> Json<Option<Value>> {
    Json(if world == World::Empty { Some(json!({"symbols": []})) } else { fixture("symbols") })
}

async fn prices(
    State(world): State<World>,
    Path(symbol): Path<String>,
    Query(asked): Parameters,
) -> Response {
    if world == World::Broken {
        let detail = "a store behind this API does not answer; try again shortly";
        let away = StatusCode::SERVICE_UNAVAILABLE;
        return Problem::new(away, "store_unavailable", "A store is away", detail).into_response();
    }
    // The page does not know that symbols without a fixture have IBM's prices.
    let mut answer = fixture(&format!("prices-{symbol}")).or_else(|| fixture("prices-IBM")).unwrap();
    let sessions: usize = asked["sessions"].parse().unwrap();
    let rows = answer["prices"].as_array_mut().unwrap();
    rows.retain(|row| asked.get("as_of").is_none_or(|day| row["session"].as_str().unwrap() <= day.as_str()));
    rows.drain(..rows.len().saturating_sub(sessions));
    Json(answer).into_response()
}

async fn forecasts(State(world): State<World>, Query(asked): Parameters) -> Json<Value> {
    let none = json!({"forecasts": [], "next_cursor": null});
    let held = if world == World::Empty { None } else { fixture(&format!("forecasts-{}", asked["symbol"])) };
    Json(held.unwrap_or(none))
}

async fn forecast(Json(asked): Json<Value>) -> Json<Value> {
    let reason = "no features were known then: is it in the universe, and was it ingested?";
    Json(json!({"forecasts": [], "unanswered": [{"symbol": asked["symbols"][0], "reason": reason}]}))
}

async fn accuracy(Query(asked): Parameters) -> Json<Option<Value>> {
    Json(fixture(&format!("accuracy-{}", asked["symbol"])))
}

async fn models(State(world): State<World>) -> Response {
    match world {
        World::Broken => {
            (StatusCode::BAD_GATEWAY, [(header::CONTENT_TYPE, "text/plain")], "bad gateway").into_response()
        }
        World::Empty => {
            Json(json!({"model": "weekahead-weekly", "champion": null, "versions": [], "leaderboard": []}))
                .into_response()
        }
        _ => Json(fixture("models")).into_response(),
    }
}

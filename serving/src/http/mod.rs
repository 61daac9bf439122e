//! The HTTP API: one file a resource, OpenAPI from the code.

mod features;
mod forecasts;
mod health;
mod page;
mod problem;
mod server;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::trace::TraceLayer;
use utoipa::OpenApi;
use utoipa_swagger_ui::SwaggerUi;
use weekahead_market::Clock;

use crate::{Forecaster, LiveModel, OnlineFeatures};

pub use features::{FeatureQuery, FeatureResponse, FreshnessResponse, SymbolFreshness};
pub use forecasts::{ForecastRequest, ForecastResponse, QuantileAnswer, SymbolForecast, UnansweredSymbol};
pub use health::Ready;
pub use problem::Problem;
pub use server::{ServerHandle, serve};

/// The largest request body taken: 1,000 symbols need a tenth of it.
const MAX_BODY_BYTES: usize = 256 * 1024;

/// What every handler shares.
#[derive(Debug, Clone)]
pub struct Api {
    /// Makes the forecasts.
    pub forecaster: Arc<Forecaster>,
    /// The model that answers.
    pub live: Arc<LiveModel>,
    /// The newest features, or why they cannot be held.
    pub features: weekahead_features::Result<Arc<OnlineFeatures>>,
    /// Tells the present.
    pub clock: Arc<dyn Clock>,
}

#[derive(OpenApi)]
#[openapi(
    info(title = "weekahead", description = "Week-ahead stock forecasts with intervals and lineage."),
    paths(health::healthz, health::readyz, forecasts::create, features::list, features::show)
)]
struct Document;

/// The OpenAPI document of the routes.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// The routes.
pub fn router(api: Api) -> Router {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/v1/forecasts", post(forecasts::create))
        .route("/v1/features", get(features::list))
        .route("/v1/features/{symbol}", get(features::show))
        .with_state(api)
        .merge(page::routes())
        .merge(SwaggerUi::new("/docs").url("/openapi.json", openapi()))
        .fallback(problem::no_route)
        .layer(RequestBodyLimitLayer::new(MAX_BODY_BYTES))
        .layer(CatchPanicLayer::new())
        .layer(TraceLayer::new_for_http())
}

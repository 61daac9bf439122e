//! The HTTP API: one file a resource, OpenAPI from the code.

mod features;
mod forecasts;
mod health;
mod layers;
mod metrics;
mod problem;
mod server;
mod settings;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use utoipa::OpenApi;
use utoipa_swagger_ui::SwaggerUi;
use weekahead_market::Clock;

use crate::{Forecaster, LiveModel, OnlineFeatures};

pub use features::{FeatureQuery, FeatureResponse, FreshnessResponse, SymbolFreshness};
pub use forecasts::{ForecastRequest, ForecastResponse, QuantileAnswer, SymbolForecast, UnansweredSymbol};
pub use health::Ready;
pub use layers::{ApiKey, NewKey, RequestContext, Scope};
pub use problem::Problem;
pub use server::{ServerHandle, serve, serve_with};
pub use settings::{Limits, ServerSettings, TlsFiles};

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

/// The routes, without the layers that a server puts around them.
fn routes(api: Api) -> Router {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/v1/forecasts", post(forecasts::create))
        .route("/v1/features", get(features::list))
        .route("/v1/features/{symbol}", get(features::show))
        .with_state(api)
        .merge(SwaggerUi::new("/docs").url("/openapi.json", openapi()))
        .fallback(problem::no_route)
        .method_not_allowed_fallback(problem::no_method)
}

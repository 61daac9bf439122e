//! The HTTP API: one file a resource, OpenAPI from the code.

mod accuracy;
mod asked;
mod cursor;
mod features;
mod forecasts;
mod from_bars;
mod health;
mod inference;
mod layers;
mod lineage;
mod metrics;
mod models;
mod numbers;
mod page;
mod problem;
mod scoring;
mod server;
mod settings;
mod stored;
mod symbols;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use utoipa::OpenApi;
use utoipa_swagger_ui::SwaggerUi;
use weekahead_market::{Clock, Horizon};

use crate::{ForecastService, Forecaster, LiveModel, OnlineFeatures, Present};

pub use accuracy::{
    AccuracyAnswer, AccuracyFigures, AccuracyQuery, SymbolAccuracy, VersionAccuracy, WeekAccuracy,
};
pub use features::{
    FeatureQuery, FeatureResponse, FeatureRow, FeaturesAnswer, FeaturesRequest, FreshnessResponse,
    SymbolFreshness,
};
pub use forecasts::{
    CoverageAnswer, EffectAnswer, ForecastRequest, ForecastResponse, FreshForecast, IntervalsAnswer,
    QuantileAnswer, SymbolForecast, UnansweredSymbol,
};
pub use from_bars::{BarForecast, FromBarsAnswer, FromBarsRequest, OwnBar, OwnSeries};
pub use health::Ready;
pub use inference::{
    InferenceFault, InferenceInput, InferenceOutput, InferenceRequest, ModelMetadata, ServerMetadata,
    TensorMetadata,
};
pub use layers::{ApiKey, NewKey, RequestContext, Scope};
pub use lineage::{IntervalLineage, LineageAnswer, LoadLineage, ObjectLineage};
pub use models::{CandidateAnswer, ModelsAnswer, VersionAnswer};
pub use problem::Problem;
pub use scoring::ScoringFault;
pub use server::{ServerHandle, serve, serve_with};
pub use settings::{Limits, ServerSettings, TlsFiles};
pub use stored::{RealisedOutcome, StoredForecast, StoredForecasts, StoredQuery};
pub use symbols::{PriceAnswer, PricesAnswer, PricesQuery, SymbolAnswer, SymbolsAnswer};
pub use words::{AsOfText, LevelNumber, SymbolText};

/// What every handler shares.
#[derive(Debug, Clone)]
pub struct Api {
    /// Makes the forecasts.
    pub forecaster: Arc<Forecaster>,
    /// The model that answers.
    pub live: Arc<LiveModel>,
    /// What it forecasts now.
    pub present: Arc<Present>,
    /// How far ahead it forecasts.
    pub horizon: Horizon,
    /// The other horizons that are served, each by a model of its own.
    pub horizons: Arc<BTreeMap<Horizon, ForecastService>>,
    /// The newest features, or why they cannot be held.
    pub features: weekahead_features::Result<Arc<OnlineFeatures>>,
    /// Tells the present.
    pub clock: Arc<dyn Clock>,
    /// Where people find the runs in a browser, if they shall be told.
    pub tracker_url: Option<Arc<str>>,
}

impl Api {
    /// Answers by one service, `horizon` sessions ahead.
    pub fn new(
        service: ForecastService,
        horizon: Horizon,
        features: weekahead_features::Result<Arc<OnlineFeatures>>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let ForecastService { forecaster, live, present } = service;
        let horizons = Arc::default();
        Self { forecaster, live, present, horizon, horizons, features, clock, tracker_url: None }
    }
}

#[derive(OpenApi)]
#[openapi(
    info(title = "weekahead", description = "Week-ahead stock forecasts with intervals and lineage."),
    paths(
        health::healthz,
        health::readyz,
        forecasts::create,
        features::list,
        features::show,
        features::read,
        scoring::ping,
        scoring::health,
        scoring::version,
        scoring::invocations,
        inference::server,
        inference::live,
        inference::ready,
        inference::model,
        inference::model_version,
        inference::model_ready,
        inference::model_version_ready,
        inference::infer,
        inference::infer_version,
        from_bars::create,
        stored::list,
        lineage::show,
        symbols::list,
        symbols::prices,
        accuracy::show,
        models::show
    )
)]
struct Document;

/// The OpenAPI document of the routes.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// The routes, without the layers that a server puts around them.
pub fn router(api: Api) -> Router {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/v1/forecasts", post(forecasts::create).get(stored::list))
        .route("/v1/forecasts/{id}/lineage", get(lineage::show))
        .route("/v1/symbols", get(symbols::list))
        .route("/v1/symbols/{symbol}/prices", get(symbols::prices))
        .route("/v1/accuracy", get(accuracy::show))
        .route("/v1/models", get(models::show))
        .route("/v1/features", get(features::list).post(features::read))
        .route("/v1/features/{symbol}", get(features::show))
        .with_state(api.clone())
        .merge(page::routes())
        .merge(SwaggerUi::new("/docs").url("/openapi.json", openapi()))
        .merge(scoring::routes().merge(inference::routes()).merge(from_bars::routes()).with_state(api))
        .fallback(problem::no_route)
        .method_not_allowed_fallback(problem::no_method)
}

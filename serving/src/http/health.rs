//! `/healthz`: the process lives. `/readyz`: it can forecast.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weekahead_market::AsOf;

use super::{Api, Problem};

/// The server can forecast, with this model.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Ready {
    /// The registered model.
    pub model: String,
    /// The version that holds the alias `champion`.
    pub model_version: u32,
    /// The SHA-256 of its artifact.
    pub model_digest: String,
    /// How many sessions of the exchange have closed since the newest bar of the symbol whose online features are the oldest;
    /// null when none are held.
    pub features_lag_sessions: Option<u64>,
}

/// Whether the process lives.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, description = "It lives", body = String)))]
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether the server can forecast: warehouse and tracker answer and a champion is loaded.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "health",
    responses(
        (status = 200, description = "It can forecast", body = Ready),
        (status = 409, description = "No model is champion", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "A store is away", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn readyz(State(api): State<Api>) -> Result<Json<Ready>, Problem> {
    let now = AsOf::now(&*api.clock);
    let champion = api.forecaster.registry().ready(now).await?;
    let lag = api.features.as_ref().ok().map(|held| held.lag_sessions(now)).transpose()?;
    Ok(Json(Ready {
        model: champion.model.clone(),
        model_version: champion.version,
        model_digest: champion.digest.clone(),
        features_lag_sessions: lag.flatten(),
    }))
}

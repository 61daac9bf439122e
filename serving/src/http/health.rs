//! `/healthz`: the process lives. `/readyz`: it can forecast.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
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
    /// The instant, RFC 3339, that forecasts of the present stand at; null before the first was asked for.
    pub forecasts_as_of: Option<String>,
    /// What does not answer, so that what was known before is served.
    pub degraded: Vec<Degraded>,
}

/// A store that does not answer.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Degraded {
    /// `registry`: another champion would not be seen. `warehouse`: new bars and features would not be.
    #[schema(example = "registry")]
    pub part: String,
    /// Since when, RFC 3339.
    pub since: String,
    /// Why, as far as it is for everybody: the log says more.
    #[schema(example = "it, or the store of its artifacts, does not answer")]
    pub reason: String,
}

/// Whether the process lives.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, description = "It lives", body = String)))]
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether the server can forecast: a champion is loaded. With a store away it goes on with what it has, and says so.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "health",
    responses(
        (status = 200, description = "It can forecast", body = Ready),
        (status = 409, description = "No model is champion", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "No model is loaded yet", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn readyz(State(api): State<Api>) -> Result<Json<Ready>, Problem> {
    let now = AsOf::now(&*api.clock);
    let champion = api.live.champion_or_first(now).await?;
    let lag = api.features.as_ref().ok().map(|held| held.lag_sessions(now)).transpose()?;
    Ok(Json(Ready {
        model: champion.model.clone(),
        model_version: champion.version,
        model_digest: champion.digest.clone(),
        features_lag_sessions: lag.flatten(),
        forecasts_as_of: api.present.as_of().map(|as_of| as_of.to_string()),
        degraded: degraded(&api),
    }))
}

fn degraded(api: &Api) -> Vec<Degraded> {
    let told = |part: &str, since: Timestamp, reason: String| Degraded {
        part: part.to_owned(),
        since: since.to_string(),
        reason,
    };
    let registry = api.live.fault().map(|fault| told("registry", fault.since, fault.public_reason));
    let away = || "it does not answer: forecasts that were made before are answered".to_owned();
    let warehouse = api.present.failing_since().map(|since| told("warehouse", since, away()));
    registry.into_iter().chain(warehouse).collect()
}

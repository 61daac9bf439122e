//! `GET /v1/models`: the versions of the model, who is champion and why, and how the candidates of the last training did.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weekahead_market::AsOf;
use weekahead_tracker::{ModelVersion, Run};
use weekahead_warehouse::{LeaderboardRow, PromotionRow};

use super::asked::standing;
use super::{Api, Problem};
use crate::spans;

/// The model of this server.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ModelsAnswer {
    /// The registered model.
    pub model: String,
    /// The version that holds the alias `champion`; null when none does.
    pub champion: Option<VersionAnswer>,
    /// All versions, newest first.
    pub versions: Vec<VersionAnswer>,
    /// The candidates of the latest training session, the least mean absolute error first, the random walk among them.
    pub leaderboard: Vec<CandidateAnswer>,
    /// Where people find the runs in a browser; null where that is not told.
    #[schema(example = "http://127.0.0.1:5000")]
    pub tracker_url: Option<String>,
}

/// A version of the model.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct VersionAnswer {
    /// The version.
    pub version: u32,
    /// The kind of model with its hyperparameters; null when the registry does not say.
    #[schema(example = "ridge(alpha=1000)")]
    pub kind: Option<String>,
    /// The run that made it.
    pub run_id: String,
    /// When it was registered, RFC 3339.
    pub created_at: String,
    /// The SHA-256 of its artifact; null when the registry does not say.
    pub digest: Option<String>,
    /// The latest decision about it and its reason, in a sentence; null before the first.
    pub decision: Option<String>,
    /// When that was decided, RFC 3339.
    pub decided_at: Option<String>,
    /// Whether the version became champion by it.
    pub promoted: Option<bool>,
}

/// How a candidate did in its backtest; null where the backtest has no such figure.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CandidateAnswer {
    /// The model with its hyperparameters.
    pub model: String,
    /// Forecasts that were compared with what came.
    pub rows: u64,
    /// Mean absolute error, in log return over the horizon.
    pub mae: Option<f64>,
    /// The sum of absolute errors over that of the random walk: below 1 is better.
    pub mase: Option<f64>,
    /// The mean rank correlation of forecasts and outcomes over origins.
    pub rank_ic: Option<f64>,
    /// The share of right signs where something moved.
    pub directional_accuracy: Option<f64>,
    /// The share of outcomes within the central 80 % interval.
    pub coverage_80: Option<f64>,
}

/// The versions of the model, who is champion and why, and how the candidates of the last training did.
#[utoipa::path(
    get,
    path = "/v1/models",
    tag = "models",
    responses(
        (status = 200, description = "The model", body = ModelsAnswer),
        (status = 503, description = "A store is away", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn show(State(api): State<Api>) -> Result<Json<ModelsAnswer>, Problem> {
    let now = standing(&api, None)?;
    Ok(Json(read(&api, now).await?))
}

async fn read(api: &Api, now: AsOf) -> crate::Result<ModelsAnswer> {
    let (registry, warehouse) = (api.forecaster.registry(), api.forecaster.warehouse());
    let (registered, aliases) = spans::registry("read versions", registry.versions()).await?;
    let decisions = spans::warehouse("read promotions", warehouse.promotions(now, registry.model())).await?;
    let decisions = latest(decisions);
    let candidates = spans::warehouse("read leaderboard", warehouse.leaderboard(now)).await?;
    let run_ids: Vec<String> = candidates.iter().map(|row| row.run_id.clone()).collect();
    let runs = spans::registry("read runs", registry.runs(run_ids)).await?;
    let versions: Vec<_> =
        registered.iter().map(|version| told(version, decisions.get(&version.version))).collect();
    let champion = aliases.get(ModelVersion::CHAMPION);
    Ok(ModelsAnswer {
        model: registry.model().to_owned(),
        champion: versions.iter().find(|version| Some(&version.version) == champion).cloned(),
        versions,
        leaderboard: candidates.into_iter().map(|row| candidate(runs.get(&row.run_id), row)).collect(),
        tracker_url: api.tracker_url.as_deref().map(str::to_owned),
    })
}

/// The last decision about each version; those before it are history.
fn latest(decisions: Vec<PromotionRow>) -> BTreeMap<u32, PromotionRow> {
    decisions.into_iter().map(|decision| (decision.model_version, decision)).collect()
}

fn told(version: &ModelVersion, decision: Option<&PromotionRow>) -> VersionAnswer {
    let created_at = jiff::Timestamp::from_millisecond(version.created_at_ms).unwrap_or_default();
    VersionAnswer {
        version: version.version,
        kind: version.tags.get(ModelVersion::SPEC_TAG).cloned(),
        run_id: version.run_id.clone(),
        created_at: created_at.to_string(),
        digest: version.tags.get(ModelVersion::DIGEST_TAG).cloned(),
        decision: decision.map(|decision| decision.reason.clone()),
        decided_at: decision.map(|decision| decision.decided_at.to_string()),
        promoted: decision.map(|decision| decision.promoted),
    }
}

/// The rank correlation is the run's: it alone is computed over all symbols of an origin.
fn candidate(run: Option<&Run>, row: LeaderboardRow) -> CandidateAnswer {
    CandidateAnswer {
        rank_ic: run.and_then(|run| run.metric("rank_ic")).filter(|value| value.is_finite()),
        model: row.model,
        rows: row.rows,
        mae: row.mae,
        mase: row.mase,
        directional_accuracy: row.directional_accuracy,
        coverage_80: row.coverage_80,
    }
}

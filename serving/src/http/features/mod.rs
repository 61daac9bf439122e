//! `GET /v1/features/{symbol}`: the newest features of a symbol, out of memory. `GET /v1/features`: how old they all are.

mod read;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use weekahead_features::{View, nearest};
use weekahead_market::{AsOf, Symbol};

use super::asked::{Path, Query};
use super::{Api, Problem};
use crate::{OnlineFeatures, OnlineFreshness};

pub(super) use read::{__path_read, read};
pub use read::{FeatureRow, FeaturesAnswer, FeaturesRequest};

/// Which features are wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FeatureQuery {
    /// Names of features, with commas between them. Absent: all of the view.
    #[param(example = "ret_1,ret_5", min_length = 1)]
    features: Option<String>,
}

/// The newest features of a symbol.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FeatureResponse {
    /// The feature view.
    pub view: String,
    /// The version of the view's definitions.
    pub view_version: String,
    /// Whose features, and how old they are.
    #[serde(flatten)]
    pub freshness: SymbolFreshness,
    /// The value of each feature; null where it is missing.
    pub features: BTreeMap<String, Option<f32>>,
}

/// How old the features of every symbol are that is held.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FreshnessResponse {
    /// The feature view.
    pub view: String,
    /// The version of the view's definitions.
    pub view_version: String,
    /// The last instant, RFC 3339, up to which all bars that were known are in the features; null before the first.
    pub as_of: Option<String>,
    /// Each symbol, in order.
    pub symbols: Vec<SymbolFreshness>,
}

/// How old the features of a symbol are.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SymbolFreshness {
    /// The instrument.
    pub symbol: String,
    /// The session of its newest bar, YYYY-MM-DD.
    pub session: String,
    /// Since when the row could be known, RFC 3339.
    pub knowledge_time: String,
    /// How many bars the row follows from.
    pub sessions_seen: u64,
    /// How many sessions of the exchange have closed since.
    pub lag_sessions: u64,
}

/// The newest features of a symbol: those of the feature table, bit for bit, without a look into it.
#[utoipa::path(
    get,
    path = "/v1/features/{symbol}",
    tag = "features",
    params(("symbol" = String, Path, description = "The instrument", example = "AAPL", pattern = "^[.=^/&_-]*[A-Za-z0-9][A-Za-z0-9.=^/&_-]*$", max_length = 32), FeatureQuery),
    responses(
        (status = 200, description = "The features", body = FeatureResponse),
        (status = 400, description = "Not a request", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "The symbol is not held", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Not a symbol, or no such feature", body = Problem, content_type = "application/problem+json"),
        (status = 501, description = "The view cannot be held online", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not loaded yet", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn show(
    State(api): State<Api>,
    Path(symbol): Path<String>,
    Query(query): Query<FeatureQuery>,
) -> Result<Json<FeatureResponse>, Problem> {
    let held = held(&api)?;
    let symbol = Symbol::new(&symbol).map_err(crate::Error::from)?;
    let view = held.view();
    let places = places(view, query.features.as_deref())?;
    let row = held.latest(&symbol, &places, AsOf::now(&*api.clock))?;
    let row = row.ok_or_else(|| not_held(held, &symbol))?;
    let names = places.iter().map(|place| view.features()[*place].clone());
    let values = row.values.iter().copied().map(finite);
    Ok(Json(FeatureResponse {
        view: view.name().to_owned(),
        view_version: view.version().to_owned(),
        freshness: row.freshness.into(),
        features: names.zip(values).collect(),
    }))
}

/// How old the features of every symbol are that is held.
#[utoipa::path(
    get,
    path = "/v1/features",
    tag = "features",
    responses(
        (status = 200, description = "Every symbol that is held", body = FreshnessResponse),
        (status = 501, description = "The view cannot be held online", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn list(State(api): State<Api>) -> Result<Json<FreshnessResponse>, Problem> {
    let held = held(&api)?;
    let symbols = held.freshness(AsOf::now(&*api.clock))?;
    Ok(Json(FreshnessResponse {
        view: held.view().name().to_owned(),
        view_version: held.view().version().to_owned(),
        as_of: held.as_of().map(|as_of| as_of.to_string()),
        symbols: symbols.into_iter().map(SymbolFreshness::from).collect(),
    }))
}

/// JSON has no word for what is missing but null.
fn finite(value: f32) -> Option<f32> {
    Some(value).filter(|value| value.is_finite())
}

fn held(api: &Api) -> Result<&Arc<OnlineFeatures>, Problem> {
    api.features.as_ref().map_err(|error| crate::Error::from(error.clone()).into())
}

/// The places of the features that are named, or of all.
fn places(view: &View, names: Option<&str>) -> Result<Vec<usize>, Problem> {
    let Some(names) = names else { return Ok((0..view.features().len()).collect()) };
    names.split(',').map(|name| place(view, name.trim())).collect()
}

fn place(view: &View, name: &str) -> Result<usize, Problem> {
    view.position(name).ok_or_else(|| unknown(view, name))
}

fn unknown(view: &View, name: &str) -> Problem {
    let hint = match nearest(name, view.features().iter().map(String::as_str)) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "leave `features` out to see all".to_owned(),
    };
    let detail = format!("view `{}` has no feature `{name}`: {hint}", view.name());
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_feature", "No such feature", detail)
}

fn not_loaded() -> Problem {
    let detail = "the features are being loaded, or the warehouse is away; try again shortly";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not_loaded", "Not loaded yet", detail)
}

fn not_held(held: &OnlineFeatures, symbol: &Symbol) -> Problem {
    if held.as_of().is_none() {
        return not_loaded();
    }
    let detail = format!("{symbol} has no features: is it in the universe, and was it ingested?");
    Problem::new(StatusCode::NOT_FOUND, "unknown_symbol", "The symbol is not held", detail)
}

impl From<OnlineFreshness> for SymbolFreshness {
    fn from(freshness: OnlineFreshness) -> Self {
        Self {
            symbol: freshness.symbol.to_string(),
            session: freshness.session.to_string(),
            knowledge_time: freshness.knowledge_time.to_string(),
            sessions_seen: freshness.sessions_seen,
            lag_sessions: freshness.lag_sessions,
        }
    }
}

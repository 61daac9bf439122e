//! `POST /v1/features`: the newest features of many symbols at once, out of memory.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weekahead_market::{AsOf, Symbol};

use super::super::asked::{Body, check_count};
use super::super::{Api, Problem, SymbolText};
use super::{finite, held, not_loaded, place};
use crate::OnlineRow;

/// The most symbols whose features are read at once.
const MOST_SYMBOLS: usize = 1_000;

/// Whose features are wanted.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FeaturesRequest {
    /// The instruments, 1 to 1,000.
    #[schema(example = json!(["AAPL", "IBM"]), value_type = Vec<SymbolText>, min_items = 1, max_items = 1000)]
    pub symbols: Vec<String>,
    /// Names of features. Absent: all of the view.
    #[schema(example = json!(["ret_1", "ret_5"]))]
    pub features: Option<Vec<String>>,
}

/// The newest features of some symbols.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FeaturesAnswer {
    /// The feature view.
    pub view: String,
    /// The version of the view's definitions.
    pub view_version: String,
    /// The features, in the order of each row's values.
    pub features: Vec<String>,
    /// A row a symbol, in the order of the request.
    pub rows: Vec<FeatureRow>,
    /// The symbols that are not held.
    pub not_held: Vec<String>,
}

/// The features of one symbol.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FeatureRow {
    /// The instrument.
    pub symbol: String,
    /// The session of its newest bar, YYYY-MM-DD.
    pub session: String,
    /// How many sessions of the exchange have closed since.
    pub lag_sessions: u64,
    /// A value a feature; null where it is missing.
    pub values: Vec<Option<f32>>,
}

/// The newest features of many symbols at once, out of memory.
#[utoipa::path(
    post,
    path = "/v1/features",
    tag = "features",
    request_body = FeaturesRequest,
    responses(
        (status = 200, description = "The features", body = FeaturesAnswer),
        (status = 400, description = "Not a request", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not said to be JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Not a symbol, no such feature, too many symbols", body = Problem, content_type = "application/problem+json"),
        (status = 501, description = "The view cannot be held online", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not loaded yet", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn read(
    State(api): State<Api>,
    Body(request): Body<FeaturesRequest>,
) -> Result<Json<FeaturesAnswer>, Problem> {
    let held = held(&api)?;
    if held.as_of().is_none() {
        return Err(not_loaded());
    }
    let count = request.symbols.len();
    check_count(count, MOST_SYMBOLS)?;
    let (view, now) = (held.view(), AsOf::now(&*api.clock));
    let places = match &request.features {
        Some(names) => names.iter().map(|name| place(view, name)).collect::<Result<Vec<_>, _>>()?,
        None => (0..view.features().len()).collect(),
    };
    let symbols = request.symbols.iter().map(|name| Symbol::new(name)).collect::<Result<Vec<_>, _>>();
    let symbols = symbols.map_err(crate::Error::from)?;
    let (mut rows, mut not_held) = (Vec::with_capacity(count), Vec::new());
    for (symbol, row) in symbols.iter().zip(held.latest_of_each(&symbols, &places, now)?) {
        match row {
            Some(row) => rows.push(FeatureRow::from(row)),
            None => not_held.push(symbol.to_string()),
        }
    }
    Ok(Json(FeaturesAnswer {
        view: view.name().to_owned(),
        view_version: view.version().to_owned(),
        features: places.into_iter().map(|place| view.features()[place].clone()).collect(),
        rows,
        not_held,
    }))
}

impl From<OnlineRow> for FeatureRow {
    fn from(OnlineRow { freshness, values }: OnlineRow) -> Self {
        Self {
            symbol: freshness.symbol.to_string(),
            session: freshness.session.to_string(),
            lag_sessions: freshness.lag_sessions,
            values: values.into_iter().map(finite).collect(),
        }
    }
}

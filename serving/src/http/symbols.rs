//! `GET /v1/symbols`: which instruments have bars. `GET /v1/symbols/{symbol}/prices`: those bars.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use weekahead_features::Adjuster;
use weekahead_market::{BarSeries, Symbol};

use super::asked::{Path, Query, standing, unprocessable};
use super::{Api, Problem};
use crate::spans;

/// The most sessions of an answer: ten years.
const MAX_SESSIONS: u32 = 2_500;
const DEFAULT_SESSIONS: u32 = 250;

/// The instruments that have bars.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SymbolsAnswer {
    /// Each, in order.
    pub symbols: Vec<SymbolAnswer>,
}

/// How far the bars of a symbol reach.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SymbolAnswer {
    /// The instrument.
    pub symbol: String,
    /// The session of its first bar, YYYY-MM-DD.
    pub first_session: String,
    /// The session of its newest bar, YYYY-MM-DD.
    pub last_session: String,
    /// How many sessions have a bar.
    pub sessions: u64,
    /// How many sessions of the exchange have closed since the newest.
    pub lag_sessions: u64,
}

/// Which prices are wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PricesQuery {
    /// How many of the newest sessions.
    #[param(minimum = 1, maximum = 2500, default = 250)]
    sessions: Option<u32>,
    /// Where to stand: RFC 3339, or a date for the end of that day in UTC. Absent: now. Bars and corrections that were not known yet
    /// are not there.
    #[param(example = "2013-01-25T23:00:00Z", pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ].+)?$")]
    as_of: Option<String>,
}

/// The prices of a symbol.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PricesAnswer {
    /// The instrument.
    pub symbol: String,
    /// Where the reader stood, RFC 3339.
    pub as_of: String,
    /// A row a session, oldest first.
    pub prices: Vec<PriceAnswer>,
}

/// The bar of a session, as traded on that day, in the instrument's currency.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PriceAnswer {
    /// The session, YYYY-MM-DD.
    pub session: String,
    /// First traded price.
    pub open: f64,
    /// Highest traded price.
    pub high: f64,
    /// Lowest traded price.
    pub low: f64,
    /// Last traded price.
    pub close: f64,
    /// Shares traded.
    pub volume: f64,
    /// Cash per share held at the close before; 0 on most days.
    pub dividend: f64,
    /// New shares for one old share; 1 on most days.
    pub split: f64,
    /// The close with splits and dividends chained forward from the symbol's first session: only ratios of it mean something.
    pub adj_close: f64,
}

/// The instruments that have bars as of now, and how far they reach.
#[utoipa::path(
    get,
    path = "/v1/symbols",
    tag = "symbols",
    responses(
        (status = 200, description = "Every symbol", body = SymbolsAnswer),
        (status = 503, description = "A store is away", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn list(State(api): State<Api>) -> Result<Json<SymbolsAnswer>, Problem> {
    let now = standing(&api, None)?;
    let calendar = api.forecaster.calendar();
    let last_closed = calendar.last_closed(now.instant()).map_err(crate::Error::from)?;
    let extents = spans::warehouse("read symbols", api.forecaster.warehouse().symbol_extents(now)).await;
    let extents = extents.map_err(crate::Error::from)?;
    let answer = extents.into_iter().map(|extent| SymbolAnswer {
        symbol: extent.symbol.to_string(),
        first_session: extent.first_session.to_string(),
        last_session: extent.last_session.to_string(),
        sessions: extent.sessions,
        lag_sessions: u64::try_from(calendar.distance(extent.last_session, last_closed)).unwrap_or(0),
    });
    Ok(Json(SymbolsAnswer { symbols: answer.collect() }))
}

/// The raw prices of a symbol, oldest first.
#[utoipa::path(
    get,
    path = "/v1/symbols/{symbol}/prices",
    tag = "symbols",
    params(("symbol" = String, Path, description = "The instrument", example = "AAPL", pattern = "^[.=^/&_-]*[A-Za-z0-9][A-Za-z0-9.=^/&_-]*$", max_length = 32), PricesQuery),
    responses(
        (status = 200, description = "The prices", body = PricesAnswer),
        (status = 400, description = "Not a request", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "The symbol had no bars then", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Not a valid request", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "A store is away", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn prices(
    State(api): State<Api>,
    Path(symbol): Path<String>,
    Query(query): Query<PricesQuery>,
) -> Result<Json<PricesAnswer>, Problem> {
    let symbol = Symbol::new(&symbol).map_err(crate::Error::from)?;
    let sessions = query.sessions.unwrap_or(DEFAULT_SESSIONS);
    if !(1..=MAX_SESSIONS).contains(&sessions) {
        let detail = format!("{sessions} sessions were asked for: ask for 1 to {MAX_SESSIONS}");
        return Err(unprocessable("session_count", "Too few or too many", detail));
    }
    let as_of = standing(&api, query.as_of.as_deref())?;
    // The whole history: prices are chained from its first session on.
    let bars = api.forecaster.warehouse().bars(as_of, Some(std::slice::from_ref(&symbol)), None);
    let bars = spans::warehouse("read bars", bars).await.map_err(crate::Error::from)?;
    let Some(series) = bars.get(&symbol) else {
        let detail = format!("{symbol} has no bars as of {as_of}: /v1/symbols lists those that have");
        return Err(Problem::new(StatusCode::NOT_FOUND, "unknown_symbol", "No such symbol", detail));
    };
    let mut prices = rows(series);
    prices.drain(..prices.len().saturating_sub(sessions as usize));
    Ok(Json(PricesAnswer { symbol: symbol.to_string(), as_of: as_of.to_string(), prices }))
}

/// The sessions with the adjusted closes that features are computed from.
fn rows(series: &BarSeries) -> Vec<PriceAnswer> {
    let mut adjuster = Adjuster::new();
    let rows = series.sessions().iter().zip(series.bars()).zip(series.actions());
    rows.map(|((session, bar), action)| {
        let factors = adjuster.step(bar, action).unwrap_or_else(|| adjuster.restart(bar));
        PriceAnswer {
            session: session.to_string(),
            open: bar.open,
            high: bar.high,
            low: bar.low,
            close: bar.close,
            volume: bar.volume,
            dividend: action.dividend,
            split: action.split,
            adj_close: bar.close * factors.price,
        }
    })
    .collect()
}

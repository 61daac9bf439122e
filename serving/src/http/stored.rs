//! `GET /v1/forecasts`: the forecasts that were written back, a page at a time, with what came of them.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use weekahead_market::{AsOf, Horizon};
use weekahead_warehouse::{ForecastFilter, ForecastPlace, ForecastRow, Outcome};

use super::asked::{Query, session, standing, symbols, unprocessable};
use super::cursor::Cursor;
use super::{Api, Problem, SymbolForecast};
use crate::spans;

/// The most forecasts of a page.
const MAX_LIMIT: u32 = 1_000;
const DEFAULT_LIMIT: u32 = 100;
/// The most symbols that a page may be filtered by.
const MAX_SYMBOLS: usize = 200;

/// Which stored forecasts are wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StoredQuery {
    /// Symbols, at most 200, with commas between them. Absent: all.
    #[param(
        example = "AAPL,IBM",
        pattern = "^ *[.=^/&_-]*[A-Za-z0-9][A-Za-z0-9.=^/&_-]* *(, *[.=^/&_-]*[A-Za-z0-9][A-Za-z0-9.=^/&_-]* *)*$"
    )]
    symbol: Option<String>,
    /// The first origin wanted, YYYY-MM-DD.
    #[param(example = "2013-01-25", format = Date)]
    origin_from: Option<String>,
    /// The last origin wanted, YYYY-MM-DD.
    #[param(example = "2013-03-01", format = Date)]
    origin_to: Option<String>,
    /// The registered model. Absent: all, challengers and other horizons among them.
    #[param(example = "weekahead-weekly")]
    model: Option<String>,
    /// The version of the model.
    #[param(minimum = 1, maximum = 4294967295_i64, value_type = Option<i64>)]
    model_version: Option<NonZeroU32>,
    /// Sessions ahead.
    #[param(minimum = 1, maximum = 10, example = 5)]
    horizon: Option<u32>,
    /// The most forecasts of the page.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
    /// `next_cursor` of the page before; the other parameters stay as they were.
    #[param(pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<String>,
    /// Where to stand: RFC 3339, or a date for the end of that day in UTC. Absent: now. Later forecasts and outcomes are not there.
    #[param(example = "2013-03-01T23:00:00Z", pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ].+)?$")]
    as_of: Option<String>,
}

/// A page of stored forecasts: newest origin first, then by symbol, then by id.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StoredForecasts {
    /// The forecasts.
    pub forecasts: Vec<StoredForecast>,
    /// What to ask the next page with; null on the last page.
    pub next_cursor: Option<String>,
}

/// A stored forecast.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StoredForecast {
    /// What was forecast.
    #[serde(flatten)]
    pub forecast: SymbolForecast,
    /// The session that it is about, YYYY-MM-DD; null beyond the exchange's calendar.
    pub target_session: Option<String>,
    /// The registered model.
    pub model: String,
    /// Its version.
    pub model_version: u32,
    /// The run that made the version.
    pub run_id: String,
    /// Where the forecaster stood, RFC 3339.
    pub as_of: String,
    /// When it was written back, RFC 3339.
    pub written_at: String,
    /// Whether it was made beside the champion's, to be compared, and answered to nobody.
    pub shadow: bool,
    /// What came true; null before the target session, and where the symbol did not trade in it.
    pub outcome: Option<RealisedOutcome>,
}

/// What came true of a forecast.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RealisedOutcome {
    /// The realised log return, dividends and splits put back in.
    pub log_return: f64,
    /// What the origin's close became by it.
    pub price: f64,
}

/// The forecasts that were written back, newest origin first.
///
/// Pages are cut by key and read from where the first one stood, so that none is skipped or told twice while others are written.
#[utoipa::path(
    get,
    path = "/v1/forecasts",
    tag = "forecasts",
    params(StoredQuery),
    responses(
        (status = 200, description = "A page of forecasts", body = StoredForecasts),
        (status = 400, description = "Not a request", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Not a valid request", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "A store is away", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn list(
    State(api): State<Api>,
    Query(query): Query<StoredQuery>,
) -> Result<Json<StoredForecasts>, Problem> {
    let limit = limit(query.limit)?;
    let filter = filter(&query)?;
    let (as_of, after) = place(&api, &query)?;
    let warehouse = api.forecaster.warehouse();
    // One more than wanted tells whether there is another page.
    let found = warehouse.forecast_page(as_of, &filter, after.as_ref(), limit + 1);
    let mut rows = spans::warehouse("read forecasts", found).await.map_err(crate::Error::from)?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| more).map(|row| Cursor { as_of, place: row.into() }.to_text());
    let forecasts = with_outcomes(&api, as_of, &rows).await?;
    Ok(Json(StoredForecasts { forecasts, next_cursor }))
}

fn limit(limit: Option<u32>) -> Result<usize, Problem> {
    match limit.unwrap_or(DEFAULT_LIMIT) {
        limit @ 1..=MAX_LIMIT => Ok(limit as usize),
        other => {
            let detail = format!("a page of {other} forecasts was asked for: ask for 1 to {MAX_LIMIT}");
            Err(unprocessable("limit", "Too few or too many", detail))
        }
    }
}

fn filter(query: &StoredQuery) -> Result<ForecastFilter, Problem> {
    let horizon = query.horizon.map(Horizon::sessions).transpose().map_err(crate::Error::from)?;
    Ok(ForecastFilter {
        forecast_id: None,
        symbols: query.symbol.as_deref().map(|text| symbols(text, MAX_SYMBOLS)).transpose()?,
        from: query.origin_from.as_deref().map(session).transpose()?,
        to: query.origin_to.as_deref().map(session).transpose()?,
        horizon,
        model_name: query.model.clone(),
        model_version: query.model_version.map(NonZeroU32::get),
    })
}

/// Where the reader stands, and what the page comes after.
fn place(api: &Api, query: &StoredQuery) -> Result<(AsOf, Option<ForecastPlace>), Problem> {
    let asked = query.as_of.as_deref().map(|text| standing(api, Some(text))).transpose()?;
    let Some(text) = query.cursor.as_deref() else {
        return Ok((asked.map_or_else(|| standing(api, None), Ok)?, None));
    };
    let refused = |detail: &str| unprocessable("cursor", "Not a cursor", detail);
    let cursor = Cursor::read(text)
        .ok_or_else(|| refused("hand back `next_cursor` of the page before as it is, or leave it out"))?;
    // What is no instant of this API's cannot have been handed out.
    standing(api, Some(&cursor.as_of.to_string()))?;
    match asked {
        Some(as_of) if as_of != cursor.as_of => {
            Err(refused("its pages are read as of another instant: leave as_of as it was, or out"))
        }
        _ => Ok((cursor.as_of, Some(cursor.place))),
    }
}

async fn with_outcomes(
    api: &Api,
    as_of: AsOf,
    rows: &[ForecastRow],
) -> Result<Vec<StoredForecast>, crate::Error> {
    let calendar = api.forecaster.calendar();
    let last_closed = calendar.last_closed(as_of.instant())?;
    let outcomes = api.forecaster.warehouse().outcomes_of(as_of, rows);
    let outcomes = spans::warehouse("read outcomes", outcomes).await?;
    let known = outcomes.into_iter().filter(|outcome| outcome.target_session <= last_closed);
    let known: BTreeMap<Uuid, Outcome> = known.map(|outcome| (outcome.forecast_id, outcome)).collect();
    let told = |row: &ForecastRow| {
        let target = calendar.offset(row.forecast.key.origin, row.forecast.key.horizon.get() as i64);
        StoredForecast {
            forecast: SymbolForecast::from(row),
            target_session: target.ok().map(|session| session.to_string()),
            model: row.model_name.clone(),
            model_version: row.model_version,
            run_id: row.run_id.clone(),
            as_of: row.as_of.to_string(),
            written_at: row.written_at.to_string(),
            shadow: row.shadow,
            outcome: known.get(&row.id()).map(|outcome| RealisedOutcome {
                log_return: outcome.realised,
                price: row.forecast.price_of(outcome.realised),
            }),
        }
    };
    Ok(rows.iter().map(told).collect())
}

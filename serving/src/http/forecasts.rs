//! `POST /v1/forecasts`: forecasts for symbols, now or as of an instant.

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weekahead_market::{AsOf, Forecast, Symbol};
use weekahead_warehouse::ForecastRow;

use super::{Api, Problem, RequestContext};
use crate::{Forecasts, ServedIntervals, Unanswered};

/// The most symbols a request may name where no setting says otherwise.
const MAX_SYMBOLS: usize = 1_000;

/// Which forecasts are wanted.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForecastRequest {
    /// The instruments, 1 to 1,000.
    #[schema(example = json!(["AAPL", "IBM"]), min_items = 1, max_items = 1000)]
    pub symbols: Vec<String>,
    /// Where to stand: RFC 3339, or a date for the end of that day in UTC. Absent: now. In the past, the model that was
    /// champion then answers from what was known then.
    #[schema(example = "2013-01-25T23:00:00Z")]
    pub as_of: Option<String>,
}

/// The forecasts and who made them.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ForecastResponse {
    /// The registered model.
    pub model: String,
    /// Its version.
    pub model_version: u32,
    /// The SHA-256 of its artifact.
    pub model_digest: String,
    /// The run that made it.
    pub run_id: String,
    /// The feature view.
    pub view: String,
    /// The version of the view's definitions.
    pub view_version: String,
    /// Where the reader stood.
    pub as_of: String,
    /// What the intervals have covered so far, and learned from it.
    pub intervals: IntervalsAnswer,
    /// A forecast a symbol.
    pub forecasts: Vec<SymbolForecast>,
    /// The symbols without one, and why.
    pub unanswered: Vec<UnansweredSymbol>,
}

/// How the intervals of the model's forecasts have done, as far as outcomes were known at `as_of`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct IntervalsAnswer {
    /// `adaptive` where outcomes change the intervals that come after them, else `fixed`.
    #[schema(example = "adaptive")]
    pub method: String,
    /// Outcomes of earlier forecasts that were known.
    pub outcomes: u64,
    /// The share of them that each central interval held, the widest first.
    pub coverage: Vec<CoverageAnswer>,
    /// The level that was asked for in place of each level of `quantiles`, in their order.
    pub adapted_levels: Vec<f64>,
}

/// What a central interval has covered.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CoverageAnswer {
    /// The share that is aimed at.
    #[schema(example = 0.8)]
    pub nominal: f64,
    /// The share of outcomes within; null before the first.
    pub share: Option<f64>,
}

/// A forecast of the log return from the origin's close to the close `horizon_sessions` later.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SymbolForecast {
    /// The forecast's id: the key of its stored row.
    pub forecast_id: String,
    /// The instrument.
    pub symbol: String,
    /// The session it stands on, YYYY-MM-DD.
    pub origin: String,
    /// Sessions ahead.
    pub horizon_sessions: u32,
    /// The raw close of the origin, in the instrument's currency.
    pub origin_close: f64,
    /// The expected log return (0.01 is about one percent up).
    pub log_return: f64,
    /// The expected price.
    pub price: f64,
    /// Quantiles by increasing level.
    pub quantiles: Vec<QuantileAnswer>,
}

/// A quantile of the forecast's distribution.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct QuantileAnswer {
    /// The level, between 0 and 1.
    pub level: f64,
    /// The log return.
    pub log_return: f64,
    /// The price.
    pub price: f64,
}

/// A symbol without a forecast.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UnansweredSymbol {
    /// The symbol.
    pub symbol: String,
    /// What is missing and what to do.
    pub reason: String,
}

/// Forecasts symbols and writes the forecasts back.
///
/// Asking again is harmless: a forecast that exists is not written twice.
#[utoipa::path(
    post,
    path = "/v1/forecasts",
    tag = "forecasts",
    request_body = ForecastRequest,
    responses(
        (status = 200, description = "The forecasts", body = ForecastResponse),
        (status = 400, description = "Not a request", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "No model was champion", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Not a valid request", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "A store is away", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn create(
    State(api): State<Api>,
    context: Option<Extension<RequestContext>>,
    request: Result<Json<ForecastRequest>, JsonRejection>,
) -> Result<Json<ForecastResponse>, Problem> {
    let Json(request) = request.map_err(|rejection| refused(&rejection))?;
    let most = context.map_or(MAX_SYMBOLS, |context| context.most_symbols);
    let symbols = symbols(&request, most)?;
    let now = AsOf::now(&*api.clock);
    let answer = match request.as_of.as_deref() {
        Some(text) => {
            let as_of: AsOf = text.parse().map_err(crate::Error::from)?;
            if as_of > now {
                let detail =
                    format!("{as_of} lies ahead: leave as_of out to forecast from what is known now");
                return Err(Problem::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "future_as_of",
                    "Not known yet",
                    detail,
                ));
            }
            api.forecaster.forecast_at(as_of, Some(&symbols), now.instant()).await?
        }
        None => api.forecaster.forecast_now(now, Some(&symbols)).await?,
    };
    Ok(Json(ForecastResponse::from(answer)))
}

fn refused(rejection: &JsonRejection) -> Problem {
    Problem::new(rejection.status(), "malformed", "The body is no such request", rejection.body_text())
}

fn symbols(request: &ForecastRequest, most: usize) -> Result<Vec<Symbol>, Problem> {
    let count = request.symbols.len();
    if count == 0 || count > most {
        let detail = format!("{count} symbols were named: name 1 to {most}");
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "symbol_count",
            "Too few or too many",
            detail,
        ));
    }
    let mut symbols = request.symbols.iter().map(|text| Symbol::new(text)).collect::<Result<Vec<_>, _>>();
    if let Ok(symbols) = &mut symbols {
        symbols.sort_unstable();
        symbols.dedup();
    }
    symbols.map_err(|error| crate::Error::from(error).into())
}

impl From<Forecasts> for ForecastResponse {
    fn from(answer: Forecasts) -> Self {
        let champion = &answer.champion;
        Self {
            model: champion.model.clone(),
            model_version: champion.version,
            model_digest: champion.digest.clone(),
            run_id: champion.run_id.clone(),
            view: champion.meta().view.clone(),
            view_version: champion.meta().view_version.clone(),
            as_of: answer.as_of.to_string(),
            intervals: IntervalsAnswer::from(&answer.intervals),
            forecasts: answer.rows.iter().map(SymbolForecast::from).collect(),
            unanswered: answer.unanswered.into_iter().map(UnansweredSymbol::from).collect(),
        }
    }
}

impl From<&ServedIntervals> for IntervalsAnswer {
    fn from(intervals: &ServedIntervals) -> Self {
        let coverage = intervals.coverage().into_iter().map(|coverage| CoverageAnswer {
            // 0.9 and not 0.8999999999999999, the difference of two levels.
            nominal: (coverage.nominal * 1e9).round() / 1e9,
            share: coverage.share,
        });
        Self {
            method: intervals.method().to_owned(),
            outcomes: intervals.outcomes(),
            coverage: coverage.collect(),
            adapted_levels: intervals.adapted_levels(),
        }
    }
}

impl From<&ForecastRow> for SymbolForecast {
    fn from(row: &ForecastRow) -> Self {
        let forecast: &Forecast = &row.forecast;
        let quantiles = forecast.quantiles.iter();
        Self {
            forecast_id: row.id().to_string(),
            symbol: forecast.key.symbol.to_string(),
            origin: forecast.key.origin.to_string(),
            horizon_sessions: forecast.key.horizon.into(),
            origin_close: forecast.origin_close,
            log_return: forecast.point,
            price: forecast.price_of(forecast.point),
            quantiles: quantiles
                .map(|(level, value)| QuantileAnswer {
                    level: level.level(),
                    log_return: *value,
                    price: forecast.price_of(*value),
                })
                .collect(),
        }
    }
}

impl From<Unanswered> for UnansweredSymbol {
    fn from(unanswered: Unanswered) -> Self {
        Self { symbol: unanswered.symbol.to_string(), reason: unanswered.reason }
    }
}

//! `POST /v1/forecasts:from-bars`: forecasts from bars that the caller brings; nothing is kept.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weekahead_features::View;
use weekahead_market::{AsOf, Bar, BarSeries, CorporateAction, Forecast, Panel, Session, Symbol};

use super::asked::{Body, session, unprocessable};
use super::forecasts::IntervalsAnswer;
use super::{Api, Problem, QuantileAnswer, SymbolText};
use crate::LoadedModel;

/// The most symbols of a request.
const MAX_SYMBOLS: usize = 100;
/// The most sessions of a symbol: ten years and a bit.
const MAX_SESSIONS: usize = 2_600;

/// The route.
pub(super) fn routes() -> Router<Api> {
    Router::new().route("/v1/forecasts:from-bars", post(create))
}

/// Bars to forecast from.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FromBarsRequest {
    /// A series a symbol, 1 to 100.
    #[schema(min_items = 1, max_items = 100)]
    pub series: Vec<OwnSeries>,
}

/// The bars of a symbol.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnSeries {
    /// What to call it: it need not be an instrument that the platform knows.
    #[schema(example = "MINE", value_type = SymbolText)]
    pub symbol: String,
    /// Its bars, oldest first: at least as many as the model's features look back on, at most 2,600.
    #[schema(min_items = 1, max_items = 2600)]
    pub bars: Vec<OwnBar>,
}

/// A session as it was traded: raw prices, with what happened before its open.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnBar {
    /// The session, YYYY-MM-DD.
    #[schema(example = "2013-01-25", format = Date)]
    pub session: String,
    /// First traded price.
    #[schema(exclusive_minimum = 0)]
    pub open: f64,
    /// Highest traded price.
    #[schema(exclusive_minimum = 0)]
    pub high: f64,
    /// Lowest traded price.
    #[schema(exclusive_minimum = 0)]
    pub low: f64,
    /// Last traded price.
    #[schema(exclusive_minimum = 0)]
    pub close: f64,
    /// Shares traded.
    #[schema(minimum = 0)]
    pub volume: f64,
    /// Cash per share held at the close before. Absent: none.
    #[serde(default)]
    #[schema(minimum = 0, default = 0.0)]
    pub dividend: f64,
    /// New shares for one old share: 2 for a two-for-one split. Absent: 1.
    #[serde(default = "no_split")]
    #[schema(exclusive_minimum = 0, default = 1.0)]
    pub split: f64,
}

fn no_split() -> f64 {
    CorporateAction::NONE.split
}

/// What the live champion says of the bars.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FromBarsAnswer {
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
    /// What the intervals of served forecasts have covered so far, and learned from it.
    pub intervals: IntervalsAnswer,
    /// A forecast a series, in order of symbol.
    pub forecasts: Vec<BarForecast>,
}

/// A forecast of the log return from the last bar's close to the close `horizon_sessions` later.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BarForecast {
    /// What the series was called.
    pub symbol: String,
    /// The session of the last bar, YYYY-MM-DD.
    pub origin: String,
    /// Sessions ahead.
    pub horizon_sessions: u32,
    /// The close of the last bar.
    pub origin_close: f64,
    /// The expected log return.
    pub log_return: f64,
    /// The expected price.
    pub price: f64,
    /// Quantiles by increasing level.
    pub quantiles: Vec<QuantileAnswer>,
}

/// Forecasts from the caller's own bars by the live champion. Nothing is written back.
#[utoipa::path(
    post,
    path = "/v1/forecasts:from-bars",
    tag = "forecasts",
    request_body = FromBarsRequest,
    responses(
        (status = 200, description = "The forecasts", body = FromBarsAnswer),
        (status = 400, description = "Not a request", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "No model is champion, or it has other features than this server computes", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not said to be JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Bars that cannot be, or cannot be forecast from", body = Problem, content_type = "application/problem+json"),
        (status = 501, description = "The view needs more than one symbol's bars", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "A store is away", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn create(
    State(api): State<Api>,
    Body(request): Body<FromBarsRequest>,
) -> Result<Json<FromBarsAnswer>, Problem> {
    let view = api.features.as_ref().map_err(|error| crate::Error::from(error.clone()))?.view();
    let panel = panel(request, view)?;
    let model = api.live.champion()?;
    let made = api.forecaster.forecast_bars(&model, view, panel, AsOf::now(&*api.clock)).await?;
    if let Some(forecast) = made.forecasts.iter().find(|forecast| !is_finite(forecast)) {
        let detail = format!("the bars of {} lead to no finite number", forecast.key.symbol);
        return Err(unprocessable("not_finite", "No forecast follows", detail));
    }
    let forecasts = made.forecasts.iter().map(BarForecast::from).collect();
    Ok(Json(FromBarsAnswer::new(&model, IntervalsAnswer::from(&made.intervals), forecasts)))
}

/// Prices, too: a return that no price can follow is none.
fn is_finite(forecast: &Forecast) -> bool {
    let quantiles = forecast.quantiles.iter().map(|(_, value)| *value);
    quantiles.chain([forecast.point]).all(|value| value.is_finite() && forecast.price_of(value).is_finite())
}

fn panel(request: FromBarsRequest, view: &View) -> Result<Panel, Problem> {
    let count = request.series.len();
    if count == 0 || count > MAX_SYMBOLS {
        let detail = format!("{count} series were sent: send 1 to {MAX_SYMBOLS}");
        return Err(unprocessable("symbol_count", "Too few or too many", detail));
    }
    let mut panel = Panel::new();
    for OwnSeries { symbol, bars } in request.series {
        let symbol = Symbol::new(&symbol).map_err(crate::Error::from)?;
        if panel.get(&symbol).is_some() {
            let detail = format!("{symbol} was sent twice: put its bars into one series");
            return Err(unprocessable("repeated_symbol", "A symbol comes twice", detail));
        }
        if !(view.look_back()..=MAX_SESSIONS).contains(&bars.len()) {
            let (count, least) = (bars.len(), view.look_back());
            let detail = format!(
                "{symbol} has {count} sessions: view `{}` looks back on {least}, and at most {MAX_SESSIONS} are taken",
                view.name()
            );
            return Err(unprocessable("session_count", "Too few or too many", detail));
        }
        *panel.entry(&symbol) = series(&symbol, bars)?;
    }
    Ok(panel)
}

fn series(symbol: &Symbol, bars: Vec<OwnBar>) -> Result<BarSeries, Problem> {
    let mut series = BarSeries::new();
    for own in bars {
        let session = session(&own.session)?;
        let action = CorporateAction { dividend: own.dividend, split: own.split };
        if let Some(fault) = action_fault(&action, series.bars().last()) {
            return Err(bad_bar(symbol, session, fault));
        }
        let OwnBar { open, high, low, close, volume, .. } = own;
        let bar = Bar { open, high, low, close, volume };
        // Nobody asks when these were known.
        series.push(symbol, session, bar, action, 0).map_err(|error| match bar.fault() {
            Some(fault) => bad_bar(symbol, session, &fault.to_string()),
            None => unprocessable("unsorted", "Sessions are not in order", error.to_string()),
        })?;
    }
    Ok(series)
}

/// Why prices cannot be chained over an action.
fn action_fault(action: &CorporateAction, before: Option<&Bar>) -> Option<&'static str> {
    let CorporateAction { dividend, split } = *action;
    if !(split.is_finite() && split > 0.0) {
        return Some("split_not_positive");
    }
    if !(dividend.is_finite() && dividend >= 0.0) {
        return Some("dividend_negative");
    }
    before.is_some_and(|bar| dividend >= bar.close).then_some("dividend_of_the_whole_price")
}

fn bad_bar(symbol: &Symbol, session: Session, fault: &str) -> Problem {
    let detail = format!("the bar of {symbol} in {session} cannot be true: {fault}");
    unprocessable("bad_bar", "A bar cannot be true", detail)
}

impl FromBarsAnswer {
    fn new(model: &LoadedModel, intervals: IntervalsAnswer, forecasts: Vec<BarForecast>) -> Self {
        Self {
            model: model.model.clone(),
            model_version: model.version,
            model_digest: model.digest.clone(),
            run_id: model.run_id.clone(),
            view: model.meta().view.clone(),
            view_version: model.meta().view_version.clone(),
            intervals,
            forecasts,
        }
    }
}

impl From<&Forecast> for BarForecast {
    fn from(forecast: &Forecast) -> Self {
        Self {
            symbol: forecast.key.symbol.to_string(),
            origin: forecast.key.origin.to_string(),
            horizon_sessions: forecast.key.horizon.into(),
            origin_close: forecast.origin_close,
            log_return: forecast.point,
            price: forecast.price_of(forecast.point),
            quantiles: QuantileAnswer::of(forecast),
        }
    }
}

//! What `POST /v1/forecasts` answers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weekahead_market::{Calendar, Forecast, Quantile, Session};
use weekahead_warehouse::ForecastRow;

use super::request::Wanted;
use crate::{Effect, Forecasts, ServedIntervals, Unanswered};

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
    pub forecasts: Vec<FreshForecast>,
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

/// A forecast that was asked for, with what it stands on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FreshForecast {
    /// The forecast, with the quantiles that were asked for, else with all of the model.
    #[serde(flatten)]
    pub forecast: SymbolForecast,
    /// How many sessions of the exchange have closed since the origin: 0 where the features are as fresh as can be.
    pub lag_sessions: u64,
    /// What features have to do with it, the greatest effect first, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Vec<EffectAnswer>>,
}

/// What a feature adds to a forecast.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct EffectAnswer {
    /// The feature.
    pub feature: String,
    /// Its value; null where it was missing.
    pub value: Option<f32>,
    /// The log return less what it would be if the feature were missing.
    pub effect: f64,
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

impl ForecastResponse {
    /// The answer with the quantiles that are wanted, at an instant up to which `last_closed` is the last session that has closed.
    pub(super) fn of(answer: Forecasts, wanted: &Wanted, calendar: &Calendar, last_closed: Session) -> Self {
        let champion = &answer.champion;
        let forecast = |row: &ForecastRow| FreshForecast::of(row, wanted, calendar, last_closed);
        Self {
            model: champion.model.clone(),
            model_version: champion.version,
            model_digest: champion.digest.clone(),
            run_id: champion.run_id.clone(),
            view: champion.meta().view.clone(),
            view_version: champion.meta().view_version.clone(),
            as_of: answer.as_of.to_string(),
            intervals: IntervalsAnswer::from(&answer.intervals),
            forecasts: answer.rows.iter().map(forecast).collect(),
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

impl QuantileAnswer {
    /// All quantiles of a forecast.
    pub(in crate::http) fn of(forecast: &Forecast) -> Vec<Self> {
        let quantile = |(level, value): &(Quantile, f64)| Self {
            level: level.level(),
            log_return: *value,
            price: forecast.price_of(*value),
        };
        forecast.quantiles.iter().map(quantile).collect()
    }
}

impl FreshForecast {
    fn of(row: &ForecastRow, wanted: &Wanted, calendar: &Calendar, last_closed: Session) -> Self {
        let mut forecast = SymbolForecast::from(row);
        forecast.quantiles.retain(|quantile| wanted.has(quantile.level));
        let lag = calendar.distance(row.forecast.key.origin, last_closed);
        Self { forecast, lag_sessions: u64::try_from(lag).unwrap_or(0), explanation: None }
    }
}

impl From<&ForecastRow> for SymbolForecast {
    fn from(row: &ForecastRow) -> Self {
        let forecast: &Forecast = &row.forecast;
        Self {
            forecast_id: row.id().to_string(),
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

impl From<Effect> for EffectAnswer {
    fn from(Effect { feature, value, effect }: Effect) -> Self {
        Self { feature, value, effect }
    }
}

impl From<Unanswered> for UnansweredSymbol {
    fn from(unanswered: Unanswered) -> Self {
        Self { symbol: unanswered.symbol.to_string(), reason: unanswered.reason }
    }
}

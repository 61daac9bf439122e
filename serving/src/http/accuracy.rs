//! `GET /v1/accuracy`: how good the forecasts were whose outcome is known.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use weekahead_market::{AsOf, Horizon, Symbol};
use weekahead_warehouse::{Accuracy, AccuracyBy, AccuracyFilter};

use super::asked::{Query, standing};
use super::{Api, Problem};
use crate::spans;

/// Which forecasts count.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AccuracyQuery {
    /// The registered model. Absent: the one that this server answers with.
    #[param(example = "weekahead-weekly")]
    model: Option<String>,
    /// One symbol alone.
    #[param(example = "AAPL", pattern = "^[.=^/&_-]*[A-Za-z0-9][A-Za-z0-9.=^/&_-]*$", max_length = 32)]
    symbol: Option<String>,
    /// Sessions ahead. Absent: all.
    #[param(minimum = 1, maximum = 10, example = 5)]
    horizon: Option<u32>,
    /// Where to stand: RFC 3339, or a date for the end of that day in UTC. Absent: now. Forecasts whose target session had not closed do
    /// not count.
    #[param(example = "2013-03-01T23:00:00Z", pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ].+)?$")]
    as_of: Option<String>,
}

/// How good a model's forecasts were.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AccuracyAnswer {
    /// The registered model.
    pub model: String,
    /// Where the reader stood, RFC 3339.
    pub as_of: String,
    /// All of them.
    pub overall: AccuracyFigures,
    /// Those of each version.
    pub by_version: Vec<VersionAccuracy>,
    /// Those of each symbol.
    pub by_symbol: Vec<SymbolAccuracy>,
    /// Those of each origin.
    pub by_week: Vec<WeekAccuracy>,
}

/// How good some forecasts were: null where none of them has the figure. Errors are in log returns over the horizon.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AccuracyFigures {
    /// Forecasts whose outcome is known.
    pub outcomes: u64,
    /// Mean absolute error.
    pub mae: Option<f64>,
    /// That of a forecast of no change.
    pub mae_random_walk: Option<f64>,
    /// The sum of absolute errors over that of the random walk: below 1 is better.
    pub mase: Option<f64>,
    /// The share of right signs where something moved; a forecast of no change counts half.
    pub directional_accuracy: Option<f64>,
    /// The share of outcomes within the central 80 % interval.
    pub coverage_80: Option<f64>,
    /// The share of outcomes within the central 90 % interval.
    pub coverage_90: Option<f64>,
    /// The mean pinball loss over the forecasts' levels.
    pub pinball: Option<f64>,
}

/// How good the forecasts of a version were.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct VersionAccuracy {
    /// The version.
    pub model_version: u32,
    /// The figures.
    #[serde(flatten)]
    pub figures: AccuracyFigures,
}

/// How good the forecasts of a symbol were.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SymbolAccuracy {
    /// The instrument.
    pub symbol: String,
    /// The figures.
    #[serde(flatten)]
    pub figures: AccuracyFigures,
}

/// How good the forecasts of an origin were.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct WeekAccuracy {
    /// The session that they stand on, YYYY-MM-DD.
    pub origin: String,
    /// The figures.
    #[serde(flatten)]
    pub figures: AccuracyFigures,
}

/// How good a model's forecasts were whose outcome is known: over all, and by version, symbol and origin.
#[utoipa::path(
    get,
    path = "/v1/accuracy",
    tag = "models",
    params(AccuracyQuery),
    responses(
        (status = 200, description = "The figures", body = AccuracyAnswer),
        (status = 400, description = "Not a request", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Not a valid request", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "A store is away", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn show(
    State(api): State<Api>,
    Query(query): Query<AccuracyQuery>,
) -> Result<Json<AccuracyAnswer>, Problem> {
    let as_of = standing(&api, query.as_of.as_deref())?;
    Ok(Json(figures(&api, query, as_of).await?))
}

async fn figures(api: &Api, query: AccuracyQuery, as_of: AsOf) -> crate::Result<AccuracyAnswer> {
    let (warehouse, calendar) = (api.forecaster.warehouse(), api.forecaster.calendar());
    let filter = AccuracyFilter {
        model_name: query.model.unwrap_or_else(|| api.forecaster.registry().model().to_owned()),
        symbol: query.symbol.as_deref().map(Symbol::new).transpose()?,
        horizon: query.horizon.map(Horizon::sessions).transpose()?,
        realised_by: calendar.last_closed(as_of.instant())?,
    };
    let read = |by| warehouse.accuracy(as_of, &filter, by);
    let figures = async {
        tokio::try_join!(
            read(AccuracyBy::Everything),
            read(AccuracyBy::Version),
            read(AccuracyBy::Symbol),
            read(AccuracyBy::Origin)
        )
    };
    let (all, versions, symbols, origins) = spans::warehouse("read accuracy", figures).await?;
    let version = |row: Accuracy| {
        let model_version = row.of.parse().ok()?;
        Some(VersionAccuracy { model_version, figures: row.into() })
    };
    Ok(AccuracyAnswer {
        as_of: as_of.to_string(),
        overall: all.into_iter().next().map(AccuracyFigures::from).unwrap_or_default(),
        by_version: versions.into_iter().filter_map(version).collect(),
        by_symbol: symbols
            .into_iter()
            .map(|row| SymbolAccuracy { symbol: row.of.clone(), figures: row.into() })
            .collect(),
        by_week: origins
            .into_iter()
            .map(|row| WeekAccuracy { origin: row.of.clone(), figures: row.into() })
            .collect(),
        model: filter.model_name,
    })
}

impl From<Accuracy> for AccuracyFigures {
    fn from(row: Accuracy) -> Self {
        Self {
            outcomes: row.outcomes,
            mae: row.mae,
            mae_random_walk: row.mae_random_walk,
            mase: row.mase,
            directional_accuracy: row.directional_accuracy,
            coverage_80: row.coverage_80,
            coverage_90: row.coverage_90,
            pinball: row.pinball,
        }
    }
}

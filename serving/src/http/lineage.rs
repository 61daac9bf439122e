//! `GET /v1/forecasts/{id}/lineage`: where a stored forecast came from, down to the objects of the lake.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use weekahead_warehouse::{ForecastFilter, ForecastRow, LoadedObject};

use super::asked::{Path, standing};
use super::{Api, Problem};
use crate::spans;

/// Where a forecast came from.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LineageAnswer {
    /// The forecast.
    pub forecast_id: String,
    /// The instrument.
    pub symbol: String,
    /// The session that it stands on, YYYY-MM-DD.
    pub origin: String,
    /// Sessions ahead.
    pub horizon_sessions: u32,
    /// Where the forecaster stood, RFC 3339: nothing that became known later is in it.
    pub as_of: String,
    /// When it was written back, RFC 3339.
    pub written_at: String,
    /// The registered model.
    pub model: String,
    /// Its version.
    pub model_version: u32,
    /// The SHA-256 of its artifact.
    pub model_digest: String,
    /// The run that made the version.
    pub run_id: String,
    /// The feature view.
    pub view: String,
    /// The version of the view's definitions.
    pub view_version: String,
    /// What its intervals had learned.
    pub intervals: IntervalLineage,
    /// The loads whose bars it stands on, oldest first.
    pub loads: Vec<LoadLineage>,
    /// The command that makes the forecast again and compares it bit for bit.
    #[schema(example = "weekahead explain ccf7e80c-3f41-53f1-9dc0-96388631ea2b")]
    pub replay: String,
}

/// What the intervals of a forecast were made with.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct IntervalLineage {
    /// The level that was asked for in place of each of the forecast's levels; empty for the levels themselves.
    pub adapted_levels: Vec<f64>,
    /// Outcomes of earlier forecasts that were known.
    pub outcomes: u32,
    /// The share of them within their 80 % interval; null before the first.
    pub coverage_80: Option<f64>,
}

/// A committed load.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LoadLineage {
    /// The load.
    pub load_id: String,
    /// Its objects in the lake; none when the warehouse has not read its commit record.
    pub objects: Vec<ObjectLineage>,
}

/// An object of the lake.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ObjectLineage {
    /// What it holds: `responses`, `quotes` or `quarantine`.
    pub kind: String,
    /// Its name in the bucket.
    pub key: String,
    /// The store's digest of it.
    pub etag: String,
    /// Its size.
    pub size_bytes: u64,
    /// Its rows (of responses: lines).
    pub rows: u64,
}

/// Where a stored forecast came from: model, run, view, loads and their objects.
#[utoipa::path(
    get,
    path = "/v1/forecasts/{id}/lineage",
    tag = "forecasts",
    params(("id" = Uuid, Path, description = "The forecast", example = "ccf7e80c-3f41-53f1-9dc0-96388631ea2b")),
    responses(
        (status = 200, description = "Its lineage", body = LineageAnswer),
        (status = 400, description = "Not an id", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such forecast", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "A store is away", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn show(State(api): State<Api>, Path(id): Path<Uuid>) -> Result<Json<LineageAnswer>, Problem> {
    let now = standing(&api, None)?;
    let warehouse = api.forecaster.warehouse();
    let filter = ForecastFilter { forecast_id: Some(id), ..ForecastFilter::default() };
    let found = spans::warehouse("read forecasts", warehouse.forecasts(now, &filter))
        .await
        .map_err(crate::Error::from)?;
    let row = found.into_iter().next().ok_or_else(|| unknown(id))?;
    let objects = spans::warehouse("read objects", warehouse.load_objects(now, &row.load_ids))
        .await
        .map_err(crate::Error::from)?;
    Ok(Json(answer(row, objects)))
}

fn unknown(id: Uuid) -> Problem {
    let detail = format!("no forecast {id} is stored: /v1/forecasts lists those that are");
    Problem::new(StatusCode::NOT_FOUND, "unknown_forecast", "No such forecast", detail)
}

fn answer(row: ForecastRow, mut objects: Vec<LoadedObject>) -> LineageAnswer {
    let mut objects_of = |load_id: &String| {
        let own = objects.extract_if(.., |object| object.load_id == *load_id);
        own.map(ObjectLineage::from).collect::<Vec<_>>()
    };
    let loads = row.load_ids.iter();
    let loads = loads.map(|load_id| LoadLineage { load_id: load_id.clone(), objects: objects_of(load_id) });
    let loads = loads.collect();
    let (id, key) = (row.id().to_string(), &row.forecast.key);
    LineageAnswer {
        replay: format!("weekahead explain {id}"),
        forecast_id: id,
        symbol: key.symbol.to_string(),
        origin: key.origin.to_string(),
        horizon_sessions: key.horizon.into(),
        as_of: row.as_of.to_string(),
        written_at: row.written_at.to_string(),
        model: row.model_name,
        model_version: row.model_version,
        model_digest: row.model_digest,
        run_id: row.run_id,
        view: row.view,
        view_version: row.view_version,
        intervals: IntervalLineage {
            adapted_levels: row.intervals.adapted_levels,
            outcomes: row.intervals.outcomes,
            coverage_80: row.intervals.coverage_80,
        },
        loads,
    }
}

impl From<LoadedObject> for ObjectLineage {
    fn from(object: LoadedObject) -> Self {
        let LoadedObject { kind, key, etag, size_bytes, rows, .. } = object;
        Self { kind, key, etag, size_bytes, rows }
    }
}

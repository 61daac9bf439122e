//! Forecasts with their lineage, written once.

use std::collections::HashSet;

use clickhouse::Row;
use clickhouse::query::Query;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use weekahead_market::{AsOf, Forecast, ForecastKey, Horizon, Quantile, Session, Symbol};

use crate::bars::AT;
use crate::native::session;
use crate::{Error, Result, Warehouse};

/// A forecast and where it came from: a row of `forecasts.forecasts`.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastRow {
    /// What was forecast.
    pub forecast: Forecast,
    /// The registered model's name.
    pub model_name: String,
    /// Its version.
    pub model_version: u32,
    /// The run that trained it.
    pub run_id: String,
    /// A digest of the model's bytes.
    pub model_digest: String,
    /// The feature view it read.
    pub view: String,
    /// That view's version.
    pub view_version: String,
    /// Where the forecaster stood.
    pub as_of: AsOf,
    /// The loads whose bars it stands on.
    pub load_ids: Vec<String>,
    /// What its intervals were made with.
    pub intervals: IntervalRecord,
    /// Whether it was made beside the champion's, and answered to nobody.
    pub shadow: bool,
    /// The writer's clock.
    pub written_at: Timestamp,
}

/// What the intervals of a forecast were made with, beyond its model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IntervalRecord {
    /// The level that was asked for in place of each of the forecast's levels; empty for the levels themselves.
    pub adapted_levels: Vec<f64>,
    /// Outcomes of earlier forecasts that were known.
    pub outcomes: u32,
    /// The share of them within their 80 % interval; `None` before the first, or without such an interval.
    pub coverage_80: Option<f64>,
}

impl ForecastRow {
    /// The forecast's id: see [`forecast_id`].
    pub fn id(&self) -> Uuid {
        forecast_id(&self.forecast.key, &self.model_name, self.model_version)
    }
}

/// What a write did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WriteCounts {
    /// Forecasts that were new.
    pub written: usize,
    /// Forecasts that were left alone, because one of the same key is there.
    pub already_there: usize,
}

/// Which forecasts to read; the default is all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ForecastFilter {
    /// The one with this id.
    pub forecast_id: Option<Uuid>,
    /// Of these symbols.
    pub symbols: Option<Vec<Symbol>>,
    /// With this origin or a later one.
    pub from: Option<Session>,
    /// With this origin or an earlier one.
    pub to: Option<Session>,
    /// This far ahead.
    pub horizon: Option<Horizon>,
    /// By this model.
    pub model_name: Option<String>,
    /// By this version of it.
    pub model_version: Option<u32>,
}

/// The id of a forecast: a UUID (version 5) of its key and model, so that a repeated forecast has the same id.
///
/// ```
/// use weekahead_market::{ForecastKey, Horizon, Symbol};
/// use weekahead_warehouse::forecast_id;
/// let symbol = Symbol::new("AAPL").unwrap();
/// let key = ForecastKey { symbol, origin: "2013-01-25".parse().unwrap(), horizon: Horizon::WEEK };
/// assert_eq!(forecast_id(&key, "weekly", 3), forecast_id(&key.clone(), "weekly", 3));
/// assert_ne!(forecast_id(&key, "weekly", 3), forecast_id(&key, "weekly", 4));
/// ```
pub fn forecast_id(key: &ForecastKey, model_name: &str, model_version: u32) -> Uuid {
    const NAMESPACE: Uuid = Uuid::from_u128(0x7765_656b_6168_6561_645f_666f_7265_6361);
    // The name comes last, since it alone may hold any character.
    let text = format!("{}|{}|{}|{model_version}|{model_name}", key.symbol, key.origin, key.horizon);
    Uuid::new_v5(&NAMESPACE, text.as_bytes())
}

impl Warehouse {
    /// Writes the forecasts whose key (symbol, origin, horizon, model, version) is not there yet, in one insert.
    ///
    /// A forecast stands as it was first written. Two processes that write the same key in the same instant leave
    /// one row as well: the later `written_at`.
    ///
    /// # Errors
    /// [`Error::UnknownTable`] before the migrations; connection errors, after which the write may be repeated.
    pub async fn write_forecasts(&self, rows: &[ForecastRow]) -> Result<WriteCounts> {
        let _held = self.forecast_gate.lock().await;
        let mut known = self.stored_ids(rows).await?;
        let new: Vec<Stored> =
            rows.iter().map(Stored::from).filter(|row| known.insert(row.forecast_id)).collect();
        self.insert("forecasts", "forecasts", &new).await?;
        Ok(WriteCounts { written: new.len(), already_there: rows.len() - new.len() })
    }

    /// The forecasts that a reader at `as_of` may see: made from what was known by then. In order of model, version,
    /// symbol, origin and horizon.
    ///
    /// # Errors
    /// [`Error::UnknownTable`] before the migrations; connection errors.
    pub async fn forecasts(&self, as_of: AsOf, filter: &ForecastFilter) -> Result<Vec<ForecastRow>> {
        let sql = format!(
            "SELECT ?fields FROM forecasts.forecasts FINAL WHERE as_of <= {AT}{} \
             ORDER BY model_name, model_version, symbol, origin, horizon",
            filter.conditions()
        );
        let query = filter.bind(self.query(&sql).param("as_of", as_of.as_microsecond()));
        self.rows::<Stored>(query).await?.into_iter().map(ForecastRow::try_from).collect()
    }

    /// The ids among those of `rows` that are stored. Reads a range of the table's key, never all of it.
    async fn stored_ids(&self, rows: &[ForecastRow]) -> Result<HashSet<Uuid>> {
        let origins = || rows.iter().map(|row| row.forecast.key.origin);
        let (Some(first), Some(last)) = (origins().min(), origins().max()) else { return Ok(HashSet::new()) };
        let unique = |names: HashSet<&str>| names.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let models = unique(rows.iter().map(|row| row.model_name.as_str()).collect());
        let versions: HashSet<u32> = rows.iter().map(|row| row.model_version).collect();
        let query = self
            .query(
                "SELECT DISTINCT forecast_id FROM forecasts.forecasts WHERE model_name IN {models:Array(String)} \
                 AND model_version IN {versions:Array(UInt32)} \
                 AND origin BETWEEN {first:Date32} AND {last:Date32}",
            )
            .param("models", models)
            .param("versions", versions.into_iter().collect::<Vec<_>>())
            .param("first", first.to_string())
            .param("last", last.to_string());
        Ok(self.rows::<StoredId>(query).await?.into_iter().map(|row| row.forecast_id).collect())
    }
}

impl ForecastFilter {
    pub(crate) fn conditions(&self) -> String {
        let parts = [
            (self.forecast_id.is_some(), " AND forecast_id = {id:UUID}"),
            (self.symbols.is_some(), " AND symbol IN {symbols:Array(String)}"),
            (self.from.is_some(), " AND origin >= {from:Date32}"),
            (self.to.is_some(), " AND origin <= {to:Date32}"),
            (self.horizon.is_some(), " AND horizon = {horizon:UInt8}"),
            (self.model_name.is_some(), " AND model_name = {model_name:String}"),
            (self.model_version.is_some(), " AND model_version = {model_version:UInt32}"),
        ];
        parts.into_iter().filter(|(wanted, _)| *wanted).map(|(_, text)| text).collect()
    }

    pub(crate) fn bind(&self, mut query: Query) -> Query {
        let texts = [
            ("id", self.forecast_id.map(|id| id.to_string())),
            ("from", self.from.map(|session| session.to_string())),
            ("to", self.to.map(|session| session.to_string())),
            ("horizon", self.horizon.map(|horizon| horizon.to_string())),
            ("model_name", self.model_name.clone()),
            ("model_version", self.model_version.map(|version| version.to_string())),
        ];
        for (name, value) in texts.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            query = query.param(name, value);
        }
        match &self.symbols {
            Some(symbols) => {
                query.param("symbols", symbols.iter().map(Symbol::to_string).collect::<Vec<_>>())
            }
            None => query,
        }
    }
}

#[derive(Row, Deserialize)]
struct StoredId {
    #[serde(with = "clickhouse::serde::uuid")]
    forecast_id: Uuid,
}

/// The row as the table has it.
#[derive(Row, Serialize, Deserialize)]
pub(crate) struct Stored {
    #[serde(with = "clickhouse::serde::uuid")]
    forecast_id: Uuid,
    symbol: String,
    origin: i32,
    horizon: u8,
    model_name: String,
    model_version: u32,
    run_id: String,
    model_digest: String,
    view: String,
    view_version: String,
    as_of: i64,
    point: f64,
    quantile_levels: Vec<f64>,
    quantile_values: Vec<f64>,
    origin_close: f64,
    load_ids: Vec<String>,
    adapted_levels: Vec<f64>,
    interval_outcomes: u32,
    coverage_80: Option<f64>,
    shadow: bool,
    written_at: i64,
}

impl From<&ForecastRow> for Stored {
    fn from(row: &ForecastRow) -> Self {
        let Forecast { key, point, quantiles, origin_close } = &row.forecast;
        Self {
            forecast_id: row.id(),
            symbol: key.symbol.to_string(),
            origin: key.origin.days_since_epoch(),
            horizon: u32::from(key.horizon) as u8,
            model_name: row.model_name.clone(),
            model_version: row.model_version,
            run_id: row.run_id.clone(),
            model_digest: row.model_digest.clone(),
            view: row.view.clone(),
            view_version: row.view_version.clone(),
            as_of: row.as_of.as_microsecond(),
            point: *point,
            quantile_levels: quantiles.iter().map(|(level, _)| level.level()).collect(),
            quantile_values: quantiles.iter().map(|(_, value)| *value).collect(),
            origin_close: *origin_close,
            load_ids: row.load_ids.clone(),
            adapted_levels: row.intervals.adapted_levels.clone(),
            interval_outcomes: row.intervals.outcomes,
            coverage_80: row.intervals.coverage_80,
            shadow: row.shadow,
            written_at: row.written_at.as_microsecond(),
        }
    }
}

impl TryFrom<Stored> for ForecastRow {
    type Error = Error;

    fn try_from(row: Stored) -> Result<Self> {
        let key = ForecastKey {
            symbol: Symbol::new(&row.symbol)?,
            origin: session(row.origin)?,
            horizon: Horizon::sessions(row.horizon.into())?,
        };
        let quantiles = quantiles(&row.quantile_levels, &row.quantile_values)?;
        Ok(Self {
            forecast: Forecast { key, point: row.point, quantiles, origin_close: row.origin_close },
            model_name: row.model_name,
            model_version: row.model_version,
            run_id: row.run_id,
            model_digest: row.model_digest,
            view: row.view,
            view_version: row.view_version,
            as_of: AsOf::at(instant(row.as_of)?),
            load_ids: row.load_ids,
            intervals: IntervalRecord {
                adapted_levels: row.adapted_levels,
                outcomes: row.interval_outcomes,
                coverage_80: row.coverage_80,
            },
            shadow: row.shadow,
            written_at: instant(row.written_at)?,
        })
    }
}

/// Levels with their values, as the vocabulary has them.
pub(crate) fn quantiles(levels: &[f64], values: &[f64]) -> Result<Vec<(Quantile, f64)>> {
    levels.iter().zip(values).map(|(level, value)| Ok((Quantile::new(*level)?, *value))).collect()
}

/// A stored instant.
pub(crate) fn instant(micros: i64) -> Result<Timestamp> {
    Timestamp::from_microsecond(micros).map_err(|error| Error::Stored { detail: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_same_for_ever() {
        let symbol = Symbol::new("AAPL").unwrap();
        let key = ForecastKey { symbol, origin: "2013-01-25".parse().unwrap(), horizon: Horizon::WEEK };
        assert_eq!(forecast_id(&key, "weekly", 1).to_string(), "ccf7e80c-3f41-53f1-9dc0-96388631ea2b");
    }
}

//! The quantiles that were forecast, without their lineage: what intervals are judged by.

use clickhouse::Row;
use serde::{Deserialize, Serialize};
use weekahead_market::{AsOf, Horizon, Session, Symbol};

use crate::bars::AT;
use crate::native::session;
use crate::{Error, Result, Warehouse};

/// The quantiles of one forecast.
///
/// # Units
/// Log returns over the horizon.
#[derive(Debug, Clone, PartialEq)]
pub struct ServedQuantiles {
    /// The instrument.
    pub symbol: Symbol,
    /// The session that the forecast stands on.
    pub origin: Session,
    /// The quantiles, one a level.
    pub values: Vec<f64>,
}

impl Warehouse {
    /// The quantiles at `levels` of a model's forecasts, of all its versions, that were made and written by `as_of` for an
    /// origin from `from` on, but those in the shadow of a champion's. In order of origin, symbol and version; forecasts with other levels are left out.
    ///
    /// A forecast that is made up for later stands at an earlier `as_of` than it is written. Unlike
    /// [`forecasts`](Self::forecasts) this leaves it out, so that it changes nothing that followed from those before it.
    ///
    /// # Errors
    /// [`Error::UnknownTable`] before the migrations; connection errors.
    pub async fn served_quantiles(
        &self,
        as_of: AsOf,
        model_name: &str,
        horizon: Horizon,
        levels: &[f64],
        from: Session,
    ) -> Result<Vec<ServedQuantiles>> {
        let sql = format!(
            "SELECT symbol, toInt32(origin) AS day, quantile_levels, quantile_values FROM forecasts.forecasts FINAL \
             WHERE model_name = {{model_name:String}} AND horizon = {{horizon:UInt8}} AND origin >= {{from:Date32}} \
             AND NOT shadow AND as_of <= {AT} AND written_at <= {AT} ORDER BY origin, symbol, model_version"
        );
        let query = self.query(&sql).param("as_of", as_of.as_microsecond()).param("model_name", model_name);
        let query = query.param("horizon", u32::from(horizon)).param("from", from.to_string());
        let stored = self.rows::<Stored>(query).await?.into_iter();
        stored.filter(|row| row.quantile_levels == levels).map(ServedQuantiles::try_from).collect()
    }

    /// How many versions of bars, and how many forecasts of a model, were known at `as_of` of the sessions from `from` on.
    ///
    /// Rows are added and never taken away: a reader at the same instant or a later one who counts as many has the same rows.
    ///
    /// # Errors
    /// [`Error::UnknownTable`] before the migrations, and before dbt ran; connection errors.
    pub async fn outcome_counts(&self, as_of: AsOf, model_name: &str, from: Session) -> Result<(u64, u64)> {
        let sql = format!(
            "SELECT assumeNotNull((SELECT count() FROM marts.bars WHERE session >= {{from:Date32}} \
             AND knowledge_time <= {AT} AND event_time <= {AT})) AS bars, \
             assumeNotNull((SELECT count() FROM forecasts.forecasts FINAL WHERE model_name = {{model_name:String}} \
             AND origin >= {{from:Date32}} AND as_of <= {AT} AND written_at <= {AT})) AS forecasts"
        );
        let query = self.query(&sql).param("as_of", as_of.as_microsecond()).param("model_name", model_name);
        let counted = self.rows::<Counted>(query.param("from", from.to_string())).await?;
        Ok(counted.first().map_or((0, 0), |counted| (counted.bars, counted.forecasts)))
    }
}

#[derive(Row, Serialize, Deserialize)]
struct Counted {
    bars: u64,
    forecasts: u64,
}

#[derive(Row, Serialize, Deserialize)]
struct Stored {
    symbol: String,
    day: i32,
    quantile_levels: Vec<f64>,
    quantile_values: Vec<f64>,
}

impl TryFrom<Stored> for ServedQuantiles {
    type Error = Error;

    fn try_from(row: Stored) -> Result<Self> {
        let (symbol, origin) = (Symbol::new(&row.symbol)?, session(row.day)?);
        Ok(Self { symbol, origin, values: row.quantile_values })
    }
}

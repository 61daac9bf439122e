//! How forecasts turned out: rows of `marts.forecast_accuracy`, which dbt builds.

use std::collections::BTreeSet;

use clickhouse::Row;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use weekahead_market::{AsOf, Session, Symbol};

use crate::bars::AT;
use crate::native::session;
use crate::{ForecastRow, Result, Warehouse};

/// A forecast whose target session has passed.
///
/// # Units
/// Log returns.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The forecast.
    pub forecast_id: Uuid,
    /// The session in which its target was realised.
    pub target_session: Session,
    /// What was realised.
    pub realised: f64,
    /// Whether that lies within the 80% interval; `None` when the forecast has none.
    pub in_interval_80: Option<bool>,
}

impl Warehouse {
    /// The outcomes of a model's forecasts whose target session had passed by `as_of`, by forecast.
    ///
    /// # Errors
    /// [`Error::UnknownTable`](crate::Error::UnknownTable) before dbt has built the mart; connection errors.
    pub async fn outcomes(&self, as_of: AsOf, model_name: &str) -> Result<Vec<Outcome>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM marts.forecast_accuracy \
             WHERE model_name = {{model_name:String}} AND target_session <= toDate32({AT}) \
             ORDER BY forecast_id"
        );
        let query = self.query(&sql).param("model_name", model_name).param("as_of", as_of.as_microsecond());
        self.rows::<Stored>(query).await?.into_iter().map(Outcome::try_from).collect()
    }

    /// The outcomes of these forecasts, and of others between them, whose target session had passed by `as_of`, by forecast.
    ///
    /// # Errors
    /// As [`outcomes`](Self::outcomes).
    pub async fn outcomes_of(&self, as_of: AsOf, forecasts: &[ForecastRow]) -> Result<Vec<Outcome>> {
        let origins = || forecasts.iter().map(|row| row.forecast.key.origin);
        let (Some(first), Some(last)) = (origins().min(), origins().max()) else { return Ok(Vec::new()) };
        let unique = |names: BTreeSet<&str>| names.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let models = unique(forecasts.iter().map(|row| row.model_name.as_str()).collect());
        let symbols = unique(forecasts.iter().map(|row| Symbol::as_str(&row.forecast.key.symbol)).collect());
        let sql = format!(
            "SELECT {COLUMNS} FROM marts.forecast_accuracy WHERE model_name IN {{models:Array(String)}} \
             AND symbol IN {{symbols:Array(String)}} AND origin BETWEEN {{first:Date32}} AND {{last:Date32}} \
             AND target_session <= toDate32({AT}) ORDER BY forecast_id"
        );
        let query = self.query(&sql).param("as_of", as_of.as_microsecond()).param("models", models);
        let query = query.param("symbols", symbols).param("first", first.to_string());
        let query = query.param("last", last.to_string());
        self.rows::<Stored>(query).await?.into_iter().map(Outcome::try_from).collect()
    }
}

/// The columns of [`Stored`].
const COLUMNS: &str = "forecast_id, toInt32(target_session) AS target_day, realised, \
    toInt8(ifNull(in_interval_80, -1)) AS inside";

#[derive(Row, Serialize, Deserialize)]
struct Stored {
    #[serde(with = "clickhouse::serde::uuid")]
    forecast_id: Uuid,
    target_day: i32,
    realised: f64,
    inside: i8,
}

impl TryFrom<Stored> for Outcome {
    type Error = crate::Error;

    fn try_from(row: Stored) -> Result<Self> {
        Ok(Self {
            forecast_id: row.forecast_id,
            target_session: session(row.target_day)?,
            realised: row.realised,
            in_interval_80: (row.inside >= 0).then_some(row.inside == 1),
        })
    }
}

//! How forecasts turned out: rows of `marts.forecast_accuracy`, which dbt builds.

use clickhouse::Row;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use weekahead_market::{AsOf, Session};

use crate::bars::AT;
use crate::native::session;
use crate::{Result, Warehouse};

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
            "SELECT forecast_id, toInt32(target_session) AS target_day, realised, \
             toInt8(ifNull(in_interval_80, -1)) AS inside FROM marts.forecast_accuracy \
             WHERE model_name = {{model_name:String}} AND target_session <= toDate32({AT}) \
             ORDER BY forecast_id"
        );
        let query = self.query(&sql).param("model_name", model_name).param("as_of", as_of.as_microsecond());
        self.rows::<Stored>(query).await?.into_iter().map(Outcome::try_from).collect()
    }
}

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

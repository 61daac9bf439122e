//! How the points of stored forecasts are spread: those of the newest origin, and those before.

use clickhouse::Row;
use serde::Deserialize;
use weekahead_market::AsOf;

use crate::bars::AT;
use crate::{Result, Warehouse};

/// How a model's stored forecasts are spread.
///
/// # Units
/// Log returns.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastMoments {
    /// Of the newest origin.
    pub newest: Moments,
    /// Of all origins before it.
    pub before: Moments,
}

/// Count, mean and standard deviation of points: NaN where there are none.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    /// How many.
    pub count: u64,
    /// Their mean.
    pub mean: f64,
    /// Their population standard deviation.
    pub standard_deviation: f64,
}

impl Warehouse {
    /// How the points of a model's forecasts that were known at `as_of` are spread, over all of its versions but shadows.
    ///
    /// # Errors
    /// [`Error::UnknownTable`](crate::Error::UnknownTable) before the migrations; connection errors.
    pub async fn forecast_moments(&self, as_of: AsOf, model_name: &str) -> Result<ForecastMoments> {
        let of = "FROM forecasts.forecasts FINAL WHERE model_name = {model_name:String} AND NOT shadow AND as_of <=";
        let sql = format!(
            "WITH ifNull((SELECT max(origin) {of} {AT}), toDate32(0)) AS newest \
             SELECT countIf(origin = newest) AS newest_count, avgIf(point, origin = newest) AS newest_mean, \
             stddevPopIf(point, origin = newest) AS newest_deviation, countIf(origin < newest) AS before_count, \
             avgIf(point, origin < newest) AS before_mean, stddevPopIf(point, origin < newest) AS before_deviation \
             {of} {AT}"
        );
        let query = self.query(&sql).param("model_name", model_name).param("as_of", as_of.as_microsecond());
        let row = self.rows::<Stored>(query).await?.into_iter().next().unwrap_or_default();
        Ok(ForecastMoments {
            newest: moments(row.newest_count, row.newest_mean, row.newest_deviation),
            before: moments(row.before_count, row.before_mean, row.before_deviation),
        })
    }
}

#[derive(Row, Deserialize, Default)]
struct Stored {
    newest_count: u64,
    newest_mean: f64,
    newest_deviation: f64,
    before_count: u64,
    before_mean: f64,
    before_deviation: f64,
}

fn moments(count: u64, mean: f64, standard_deviation: f64) -> Moments {
    if count == 0 {
        return Moments { count, mean: f64::NAN, standard_deviation: f64::NAN };
    }
    Moments { count, mean, standard_deviation }
}

//! The models of the latest training session: rows of `marts.leaderboard`, which dbt defines.

use clickhouse::Row;
use serde::Deserialize;
use weekahead_market::AsOf;

use crate::bars::AT;
use crate::{Result, Warehouse};

/// How a model did in its backtest.
///
/// # Units
/// `mae` is a log return; the others are ratios and shares.
///
/// # Missing values
/// `None` where the backtest has no such figure.
#[derive(Debug, Clone, PartialEq, Row, Deserialize)]
pub struct LeaderboardRow {
    /// The model with its hyperparameters.
    pub model: String,
    /// The run of its backtest.
    pub run_id: String,
    /// Forecasts that were compared with what came.
    pub rows: u64,
    /// Mean absolute error.
    pub mae: Option<f64>,
    /// The sum of absolute errors over that of the random walk.
    pub mase: Option<f64>,
    /// The share of right signs where something moved.
    pub directional_accuracy: Option<f64>,
    /// The share of targets within the central 80 % interval.
    pub coverage_80: Option<f64>,
}

impl Warehouse {
    /// The models whose backtests were written last by `as_of`, all of one session, the least mean absolute error first.
    ///
    /// # Errors
    /// [`Error::UnknownTable`](crate::Error::UnknownTable) before dbt has built the mart; connection errors.
    pub async fn leaderboard(&self, as_of: AsOf) -> Result<Vec<LeaderboardRow>> {
        let sql = format!(
            "WITH (SELECT max(written_at) FROM marts.leaderboard WHERE n > 0 AND written_at <= {AT}) AS latest \
             SELECT toString(model) AS model, toString(run_id) AS run_id, toUInt64(n) AS rows, toNullable(mae) AS mae, \
             toNullable(mase) AS mase, toNullable(directional_accuracy) AS directional_accuracy, \
             toNullable(coverage_80) AS coverage_80 \
             FROM marts.leaderboard WHERE n > 0 AND written_at = latest ORDER BY mae, model"
        );
        self.rows(self.query(&sql).param("as_of", as_of.as_microsecond())).await
    }
}

//! How good forecasts were: means over `marts.forecast_accuracy`, where dbt defines every figure of a single forecast.

use clickhouse::Row;
use serde::Deserialize;
use weekahead_market::{AsOf, Horizon, Session, Symbol};

use crate::bars::AT;
use crate::{Result, Warehouse};

/// What forecasts are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccuracyBy {
    /// All of them.
    Everything,
    /// Those of each version of the model.
    Version,
    /// Those of each symbol.
    Symbol,
    /// Those of each origin.
    Origin,
}

/// Which forecasts count.
#[derive(Debug, Clone, PartialEq)]
pub struct AccuracyFilter {
    /// Of this model.
    pub model_name: String,
    /// Of this symbol.
    pub symbol: Option<Symbol>,
    /// This far ahead.
    pub horizon: Option<Horizon>,
    /// Whose target session is this one or an earlier one.
    pub realised_by: Session,
}

/// How good a group of forecasts was.
///
/// # Units
/// Errors are log returns over the horizon; coverages and hits are shares.
///
/// # Missing values
/// `None` where no forecast of the group has the figure: an interval of that level, a target that moved, a random walk that erred.
#[derive(Debug, Clone, PartialEq, Row, Deserialize)]
pub struct Accuracy {
    /// The version, symbol or origin (YYYY-MM-DD) that the group is of; empty for all.
    pub of: String,
    /// Forecasts whose outcome is known.
    pub outcomes: u64,
    /// Mean absolute error.
    pub mae: Option<f64>,
    /// That of a forecast of no change.
    pub mae_random_walk: Option<f64>,
    /// The sum of absolute errors over that of the random walk.
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

impl Warehouse {
    /// How good a model's forecasts were whose outcome is known, group by group, in order of the group. Those of shadows count for their
    /// version alone.
    ///
    /// # Errors
    /// [`Error::UnknownTable`](crate::Error::UnknownTable) before dbt has built the mart; connection errors.
    pub async fn accuracy(
        &self,
        as_of: AsOf,
        filter: &AccuracyFilter,
        by: AccuracyBy,
    ) -> Result<Vec<Accuracy>> {
        let mut conditions = String::new();
        if filter.symbol.is_some() {
            conditions.push_str(" AND symbol = {symbol:String}");
        }
        if filter.horizon.is_some() {
            conditions.push_str(" AND horizon = {horizon:UInt8}");
        }
        if by != AccuracyBy::Version {
            conditions.push_str(" AND NOT shadow");
        }
        let (key, order) = by.columns();
        let sql = format!(
            "SELECT {key} AS of, count() AS outcomes, toNullable(avg(abs_error)) AS mae, \
             toNullable(avg(random_walk_abs_error)) AS mae_random_walk, \
             sum(abs_error) / nullIf(sum(random_walk_abs_error), 0) AS mase, \
             toNullable(avg(direction_hit)) AS directional_accuracy, toNullable(avg(in_interval_80)) AS coverage_80, \
             toNullable(avg(in_interval_90)) AS coverage_90, toNullable(avg(pinball)) AS pinball \
             FROM marts.forecast_accuracy AS accuracy WHERE model_name = {{model_name:String}} \
             AND target_session <= {{realised_by:Date32}} AND target_session <= toDate32({AT}){conditions} \
             GROUP BY of HAVING outcomes > 0 ORDER BY {order}"
        );
        let mut query = self
            .query(&sql)
            .param("as_of", as_of.as_microsecond())
            .param("model_name", &filter.model_name)
            .param("realised_by", filter.realised_by.to_string());
        if let Some(symbol) = &filter.symbol {
            query = query.param("symbol", symbol.to_string());
        }
        if let Some(horizon) = filter.horizon {
            query = query.param("horizon", u32::from(horizon));
        }
        self.rows(query).await
    }
}

impl AccuracyBy {
    /// What names a group, and what groups are ordered by.
    fn columns(self) -> (&'static str, &'static str) {
        match self {
            Self::Everything => ("''", "of"),
            // As numbers: 9 before 10.
            Self::Version => ("toString(model_version)", "length(of), of"),
            Self::Symbol => ("toString(accuracy.symbol)", "of"),
            Self::Origin => ("toString(origin)", "of"),
        }
    }
}

//! Out-of-sample forecasts of a training run, with what came true.

use clickhouse::Row;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use weekahead_market::{AsOf, ForecastKey, Horizon, Quantile, Symbol};

use crate::bars::AT;
use crate::forecasts::{instant, quantiles};
use crate::native::session;
use crate::{Error, Result, Warehouse};

/// One forecast of a backtest: a row of `forecasts.backtests`.
///
/// # Units
/// `point`, `quantiles` and `target` are log returns.
#[derive(Debug, Clone, PartialEq)]
pub struct BacktestRow {
    /// The run that made it.
    pub run_id: String,
    /// The model's name.
    pub model: String,
    /// The kind of model, such as `ridge`.
    pub model_kind: String,
    /// The window it was made in.
    pub fold: u16,
    /// What it is about.
    pub key: ForecastKey,
    /// The expected log return.
    pub point: f64,
    /// Quantiles of the log return, by increasing level.
    pub quantiles: Vec<(Quantile, f64)>,
    /// The realised log return.
    pub target: f64,
    /// The writer's clock.
    pub written_at: Timestamp,
}

impl Warehouse {
    /// Writes a backtest in one insert. A row of the same run, symbol, origin and horizon is replaced.
    ///
    /// # Errors
    /// [`Error::UnknownTable`] before the migrations; connection errors, after which the write may be repeated.
    pub async fn write_backtests(&self, rows: &[BacktestRow]) -> Result<()> {
        let rows: Vec<Stored> = rows.iter().map(Stored::from).collect();
        self.insert("forecasts", "backtests", &rows).await
    }

    /// The backtest of a run, written by `as_of`, in order of symbol, origin and horizon.
    ///
    /// # Errors
    /// [`Error::UnknownTable`] before the migrations; connection errors.
    pub async fn backtests(&self, as_of: AsOf, run_id: &str) -> Result<Vec<BacktestRow>> {
        let sql = format!(
            "SELECT ?fields FROM forecasts.backtests FINAL \
             WHERE run_id = {{run_id:String}} AND written_at <= {AT} ORDER BY symbol, origin, horizon"
        );
        let query = self.query(&sql).param("run_id", run_id).param("as_of", as_of.as_microsecond());
        self.rows::<Stored>(query).await?.into_iter().map(BacktestRow::try_from).collect()
    }
}

/// The row as the table has it.
#[derive(Row, Serialize, Deserialize)]
struct Stored {
    run_id: String,
    model: String,
    model_kind: String,
    fold: u16,
    symbol: String,
    origin: i32,
    horizon: u8,
    point: f64,
    quantile_levels: Vec<f64>,
    quantile_values: Vec<f64>,
    target: f64,
    written_at: i64,
}

impl From<&BacktestRow> for Stored {
    fn from(row: &BacktestRow) -> Self {
        Self {
            run_id: row.run_id.clone(),
            model: row.model.clone(),
            model_kind: row.model_kind.clone(),
            fold: row.fold,
            symbol: row.key.symbol.to_string(),
            origin: row.key.origin.days_since_epoch(),
            horizon: u32::from(row.key.horizon) as u8,
            point: row.point,
            quantile_levels: row.quantiles.iter().map(|(level, _)| level.level()).collect(),
            quantile_values: row.quantiles.iter().map(|(_, value)| *value).collect(),
            target: row.target,
            written_at: row.written_at.as_microsecond(),
        }
    }
}

impl TryFrom<Stored> for BacktestRow {
    type Error = Error;

    fn try_from(row: Stored) -> Result<Self> {
        let key = ForecastKey {
            symbol: Symbol::new(&row.symbol)?,
            origin: session(row.origin)?,
            horizon: Horizon::sessions(row.horizon.into())?,
        };
        Ok(Self {
            quantiles: quantiles(&row.quantile_levels, &row.quantile_values)?,
            run_id: row.run_id,
            model: row.model,
            model_kind: row.model_kind,
            fold: row.fold,
            key,
            point: row.point,
            target: row.target,
            written_at: instant(row.written_at)?,
        })
    }
}

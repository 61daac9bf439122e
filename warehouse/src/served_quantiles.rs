//! The quantiles that were forecast, without their lineage: what intervals are judged by.

use std::ops::RangeInclusive;

use clickhouse::Row;
use clickhouse::native::Block;
use serde::{Deserialize, Serialize};
use weekahead_market::{AsOf, Horizon, Session, Symbol};

use crate::bars::AT;
use crate::native::{Symbols, column, session};
use crate::{Result, Warehouse};

/// The quantiles of the forecasts of one symbol.
///
/// # Shape
/// One origin a forecast, in order; `values` has a row for each of them, and a value a level in it.
///
/// # Units
/// Log returns over the horizon.
#[derive(Debug, Clone, PartialEq)]
pub struct ServedQuantiles {
    /// The instrument.
    pub symbol: Symbol,
    /// The sessions that forecasts stand on; one comes again where several versions of the model forecast.
    pub origins: Vec<Session>,
    /// The quantiles, forecast by forecast.
    pub values: Vec<f64>,
}

impl ServedQuantiles {
    /// The quantiles of the forecasts that stand on a session.
    pub fn of_origin(&self, origin: Session) -> impl Iterator<Item = &[f64]> {
        let first = self.origins.partition_point(|known| *known < origin);
        let end = self.origins.partition_point(|known| *known <= origin);
        let width = self.values.len() / self.origins.len().max(1);
        (first..end).map(move |row| &self.values[row * width..(row + 1) * width])
    }
}

impl Warehouse {
    /// The quantiles at `levels` of a model's forecasts, of all its versions, that were made and written by `as_of` for an
    /// origin among `origins`, but those in the shadow of a champion's. In order of symbol, origin and version; forecasts with other levels are left out.
    ///
    /// A forecast that is made up for later stands at an earlier `as_of` than it is written. Unlike
    /// [`forecasts`](Self::forecasts) this leaves it out, so that it changes nothing that followed from those before it.
    ///
    /// `symbols` are the first and the last one wanted: [`served_symbols`](Self::served_symbols) has all, and a universe of some years
    /// fills memory.
    ///
    /// # Errors
    /// [`Error::UnknownTable`](crate::Error::UnknownTable) before the migrations; connection errors.
    pub async fn served_quantiles(
        &self,
        as_of: AsOf,
        model_name: &str,
        horizon: Horizon,
        levels: &[f64],
        origins: RangeInclusive<Session>,
        symbols: RangeInclusive<&Symbol>,
    ) -> Result<Vec<ServedQuantiles>> {
        // A column a level: an array would be an allocation a row, here and there.
        let quantiles: String =
            (1..=levels.len()).map(|at| format!(", quantile_values[{at}] AS quantile_{at}")).collect();
        let sql = format!(
            "SELECT symbol, toInt32(origin) AS day{quantiles} FROM forecasts.forecasts FINAL \
             WHERE model_name = {{model_name:String}} AND horizon = {{horizon:UInt8}} AND origin BETWEEN {{from:Date32}} AND {{to:Date32}} \
             AND quantile_levels = {{levels:Array(Float64)}} AND NOT shadow AND as_of <= {AT} AND written_at <= {AT} \
             AND symbol BETWEEN {{first:String}} AND {{last:String}} \
             ORDER BY symbol, origin, model_version"
        );
        self.read(|| async {
            let (mut served, mut seen) = (Vec::new(), Symbols::default());
            let query = self.query(&sql).param("as_of", as_of.as_microsecond());
            let query = query.param("model_name", model_name).param("horizon", u32::from(horizon));
            let query = query
                .param("from", origins.start().to_string())
                .param("to", origins.end().to_string())
                .param("levels", levels);
            let query = query.param("first", symbols.start().as_str()).param("last", symbols.end().as_str());
            self.blocks(query, |block| take(&mut served, &mut seen, block, levels.len())).await?;
            Ok(served)
        })
        .await
    }

    /// The symbols of which a model's forecasts, of all its versions, were written by `as_of` for an origin from `from` on, in order, each
    /// with the first of these origins.
    ///
    /// # Errors
    /// [`Error::UnknownTable`](crate::Error::UnknownTable) before the migrations; connection errors.
    pub async fn served_symbols(
        &self,
        as_of: AsOf,
        model_name: &str,
        from: Session,
    ) -> Result<Vec<(Symbol, Session)>> {
        let sql = format!(
            "SELECT toString(symbol) AS name, toInt32(min(origin)) AS first FROM forecasts.forecasts \
             WHERE model_name = {{model_name:String}} AND origin >= {{from:Date32}} AND written_at <= {AT} \
             GROUP BY symbol ORDER BY name"
        );
        let query = self.query(&sql).param("as_of", as_of.as_microsecond()).param("model_name", model_name);
        let rows = self.rows::<ServedSymbol>(query.param("from", from.to_string())).await?;
        rows.iter().map(|row| Ok((Symbol::new(&row.name)?, session(row.first)?))).collect()
    }

    /// How many versions of bars, and how many forecasts of a model, were known at `as_of` of the sessions from `from` on.
    ///
    /// Rows are added and never taken away: a reader at the same instant or a later one who counts as many has the same rows.
    ///
    /// # Errors
    /// [`Error::UnknownTable`](crate::Error::UnknownTable) before the migrations, and before dbt ran; connection errors.
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

#[derive(Row, Deserialize)]
struct ServedSymbol {
    name: String,
    first: i32,
}

#[derive(Row, Serialize, Deserialize)]
struct Counted {
    bars: u64,
    forecasts: u64,
}

fn take(
    served: &mut Vec<ServedQuantiles>,
    symbols: &mut Symbols,
    block: &Block,
    levels: usize,
) -> Result<()> {
    let (names, days): (Vec<&str>, Vec<i32>) = (column(block, "symbol")?, column(block, "day")?);
    let quantiles: Vec<Vec<f64>> =
        (1..=levels).map(|at| column(block, &format!("quantile_{at}"))).collect::<Result<_>>()?;
    for (row, (name, day)) in names.into_iter().zip(days).enumerate() {
        let symbol = symbols.of(name)?;
        if served.last().is_none_or(|last| last.symbol != symbol) {
            served.push(ServedQuantiles { symbol, origins: Vec::new(), values: Vec::new() });
        }
        if let Some(of_symbol) = served.last_mut() {
            of_symbol.origins.push(session(day)?);
            of_symbol.values.extend(quantiles.iter().map(|of_level| of_level[row]));
        }
    }
    Ok(())
}

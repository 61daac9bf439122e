//! Bars as they were known at an instant.

use std::collections::HashMap;

use clickhouse::Row;
use clickhouse::native::Block;
use clickhouse::query::Query;
use serde::{Deserialize, Serialize};
use weekahead_market::{AsOf, Bar, BarSeries, CorporateAction, Panel, Session, Symbol};

use crate::native::{Symbols, column, session};
use crate::{Result, Warehouse};

/// The shape of `marts.bars`, which dbt builds from the lake: for warehouses without dbt, such as those of tests.
pub const BARS_TABLE: &str = "\
CREATE TABLE IF NOT EXISTS marts.bars
(
    symbol         LowCardinality(String),
    session        Date32,
    open           Float64,
    high           Float64,
    low            Float64,
    close          Float64,
    volume         Float64,
    dividend       Float64,
    split          Float64,
    currency       LowCardinality(String),
    source         LowCardinality(String),
    event_time     DateTime64(6, 'UTC'),
    knowledge_time DateTime64(6, 'UTC'),
    ingested_at    DateTime64(6, 'UTC'),
    content_hash   UInt64,
    load_id        String,
    version        UInt32
)
ENGINE = MergeTree
ORDER BY (symbol, session, knowledge_time)";

/// One version of a bar: a row of `marts.bars`.
///
/// # Units
/// Instants in microseconds since 1970-01-01 UTC, `session` in days since 1970-01-01, prices raw.
#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the columns' names and mean what the vocabulary says")]
pub struct BarVersion {
    pub symbol: String,
    pub session: i32,
    pub open: f64,
    pub high: f64,
    pub low: f64,
    pub close: f64,
    pub volume: f64,
    pub dividend: f64,
    pub split: f64,
    pub currency: String,
    pub source: String,
    pub event_time: i64,
    pub knowledge_time: i64,
    pub ingested_at: i64,
    pub content_hash: u64,
    pub load_id: String,
    pub version: u32,
}

impl Warehouse {
    /// The bars known at `as_of`: of each symbol and session the newest version, in order.
    ///
    /// `symbols` of `None` means all; `from` is the first session wanted. Streamed: the server sorts nothing (the
    /// table's order is the answer's) and only the panel itself is held in memory.
    ///
    /// # Errors
    /// [`Error::UnknownTable`](crate::Error::UnknownTable) before dbt ran; connection errors.
    pub async fn bars(
        &self,
        as_of: AsOf,
        symbols: Option<&[Symbol]>,
        from: Option<Session>,
    ) -> Result<Panel> {
        self.read(|| async {
            let (mut panel, mut seen) = (Panel::new(), Symbols::default());
            let mut newest = NewestBars::new(|symbol, series| *panel.entry(&symbol) = series);
            for batch in symbol_batches(symbols) {
                let query = self.bars_query(as_of, None, batch, from);
                self.blocks(query, |block| known_bars(block, &mut seen, |bar| newest.push(bar))).await?;
            }
            newest.finish()?;
            Ok(panel)
        })
        .await
    }

    /// The raw closes known at `as_of` of the sessions from `from` on, of one symbol and session each: the newest version's.
    ///
    /// # Errors
    /// As [`bars`](Self::bars).
    pub async fn closes(
        &self,
        as_of: AsOf,
        symbols: Option<&[Symbol]>,
        from: Session,
    ) -> Result<HashMap<(Symbol, Session), f64>> {
        let filter = if symbols.is_some() { " AND symbol IN {symbols:Array(String)}" } else { "" };
        let sql = format!(
            "SELECT symbol, toInt32(session) AS day, close FROM marts.bars WHERE session >= {{from:Date32}} \
             AND knowledge_time <= {AT} AND event_time <= {AT}{filter} \
             ORDER BY symbol, session, knowledge_time, version"
        );
        self.read(|| async {
            let (mut closes, mut seen) = (HashMap::new(), Symbols::default());
            for batch in symbol_batches(symbols) {
                let query = self.query(&sql).param("as_of", as_of.as_microsecond());
                let query = query.param("from", from.to_string());
                let query = if let Some(batch) = batch { query.param("symbols", batch) } else { query };
                self.blocks(query, |block| {
                    let (names, days): (Vec<&str>, Vec<i32>) =
                        (column(block, "symbol")?, column(block, "day")?);
                    let values: Vec<f64> = column(block, "close")?;
                    for ((name, day), close) in names.into_iter().zip(days).zip(values) {
                        closes.insert((seen.of(name)?, session(day)?), close);
                    }
                    Ok(())
                })
                .await?;
            }
            Ok(closes)
        })
        .await
    }

    /// Every version known at `as_of`, but not at `after` already, in order of symbol, session, knowledge time and version.
    pub(crate) fn bars_query(
        &self,
        as_of: AsOf,
        after: Option<AsOf>,
        symbols: Option<Vec<String>>,
        from: Option<Session>,
    ) -> Query {
        let mut filter = String::new();
        if after.is_some() {
            filter.push_str(" AND knowledge_time > fromUnixTimestamp64Micro({after:Int64}, 'UTC')");
        }
        if symbols.is_some() {
            filter.push_str(" AND symbol IN {symbols:Array(String)}");
        }
        if from.is_some() {
            filter.push_str(" AND session >= {from:Date32}");
        }
        // Versions are few: the reader keeps the last of each session, which costs the server no memory at all.
        let sql = format!(
            "SELECT symbol, toInt32(session) AS day, open, high, low, close, volume, dividend, split, \
             toUnixTimestamp64Micro(knowledge_time) AS known FROM marts.bars \
             WHERE knowledge_time <= {AT} AND event_time <= {AT}{filter} \
             ORDER BY symbol, session, knowledge_time, version"
        );
        let mut query = self.query(&sql).param("as_of", as_of.as_microsecond());
        if let Some(after) = after {
            query = query.param("after", after.as_microsecond());
        }
        if let Some(symbols) = symbols {
            query = query.param("symbols", symbols);
        }
        if let Some(from) = from {
            query = query.param("from", from.to_string());
        }
        query
    }

    /// Adds versions of bars to `marts.bars`, where dbt does not: in tests and benchmarks.
    ///
    /// # Errors
    /// [`Error::UnknownTable`](crate::Error::UnknownTable) without the table; connection errors.
    pub async fn write_bars(&self, rows: &[BarVersion]) -> Result<()> {
        self.insert("marts", "bars", rows).await
    }
}

/// The reader's instant in SQL, as the parameter `as_of` in microseconds.
pub(crate) const AT: &str = "fromUnixTimestamp64Micro({as_of:Int64}, 'UTC')";

/// Symbols in order, in batches that fit into one request; one batch of `None` for all symbols.
pub(crate) fn symbol_batches(symbols: Option<&[Symbol]>) -> Vec<Option<Vec<String>>> {
    /// ClickHouse takes fields of 128 KiB: ten thousand tickers.
    const BATCH_BYTES: usize = 100_000;
    let Some(symbols) = symbols else { return vec![None] };
    let mut names: Vec<String> = symbols.iter().map(Symbol::to_string).collect();
    names.sort_unstable();
    names.dedup();
    let mut batches: Vec<Vec<String>> = Vec::new();
    let mut room = 0;
    for name in names {
        // In quotes, and with a comma.
        let bytes = name.len() + 3;
        if bytes > room {
            batches.push(Vec::new());
            room = BATCH_BYTES;
        }
        room -= bytes;
        if let Some(batch) = batches.last_mut() {
            batch.push(name);
        }
    }
    batches.into_iter().map(Some).collect()
}

/// A version of a bar, as [`Warehouse::bars_query`] gives it.
pub(crate) struct Known {
    pub(crate) symbol: Symbol,
    pub(crate) session: Session,
    pub(crate) bar: Bar,
    pub(crate) action: CorporateAction,
    pub(crate) knowledge_time: i64,
}

/// Hands the versions of a block on, one by one.
pub(crate) fn known_bars(
    block: &Block,
    symbols: &mut Symbols,
    mut take: impl FnMut(Known) -> Result<()>,
) -> Result<()> {
    let names: Vec<&str> = column(block, "symbol")?;
    let days: Vec<i32> = column(block, "day")?;
    let known: Vec<i64> = column(block, "known")?;
    let [open, high, low, close] = prices(block)?;
    let volume: Vec<f64> = column(block, "volume")?;
    let dividend: Vec<f64> = column(block, "dividend")?;
    let split: Vec<f64> = column(block, "split")?;
    for i in 0..block.num_rows() {
        let (open, high, low, close) = (open[i], high[i], low[i], close[i]);
        take(Known {
            symbol: symbols.of(names[i])?,
            session: session(days[i])?,
            bar: Bar { open, high, low, close, volume: volume[i] },
            action: CorporateAction { dividend: dividend[i], split: split[i] },
            knowledge_time: known[i],
        })?;
    }
    Ok(())
}

/// Keeps the last of the versions of each session, as they stream by in order, and hands each symbol on when it has passed.
pub(crate) struct NewestBars<F> {
    done: F,
    current: Option<(Symbol, BarSeries)>,
    pending: Option<Known>,
}

impl<F: FnMut(Symbol, BarSeries)> NewestBars<F> {
    pub(crate) fn new(done: F) -> Self {
        Self { done, current: None, pending: None }
    }

    pub(crate) fn push(&mut self, next: Known) -> Result<()> {
        let same = |last: &Known| last.session == next.session && last.symbol == next.symbol;
        if !self.pending.as_ref().is_some_and(same) {
            self.flush()?;
        }
        self.pending = Some(next);
        Ok(())
    }

    /// Hands the last symbol on.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.flush()?;
        self.finish_symbol();
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        let Some(Known { symbol, session, bar, action, knowledge_time }) = self.pending.take() else {
            return Ok(());
        };
        if self.current.as_ref().is_none_or(|(current, _)| *current != symbol) {
            self.finish_symbol();
        }
        let (symbol, series) = self.current.get_or_insert_with(|| (symbol, BarSeries::new()));
        Ok(series.push(symbol, session, bar, action, knowledge_time)?)
    }

    fn finish_symbol(&mut self) {
        if let Some((symbol, series)) = self.current.take() {
            (self.done)(symbol, series);
        }
    }
}

fn prices(block: &Block) -> Result<[Vec<f64>; 4]> {
    Ok([column(block, "open")?, column(block, "high")?, column(block, "low")?, column(block, "close")?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_come_in_order_and_in_batches() {
        let symbols: Vec<Symbol> =
            (0..10_000).rev().map(|i| Symbol::new(&format!("SYMBOL{i:06}")).unwrap()).collect();
        let batches: Vec<Vec<String>> = symbol_batches(Some(&symbols)).into_iter().flatten().collect();
        assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [6_666, 3_334]);
        assert!(batches.concat().is_sorted());
        assert_eq!(symbol_batches(Some(&symbols[..6_666])).len(), 1);
        assert_eq!(symbol_batches(None), [None]);
        assert!(symbol_batches(Some(&[])).is_empty());
    }
}

//! Features computed by the warehouse itself, from the bars it has.

use clickhouse::native::Block;
use clickhouse::query::{NativeCursor, Query};
use weekahead_market::{AsOf, Symbol};

use super::{FeatureRows, table};
use crate::bars::{AT, symbol_batches};
use crate::native::{Symbols, column, session};
use crate::{Result, Warehouse};

/// Values handed on at once: 16 MiB.
const CHUNK_VALUES: usize = 1 << 22;
/// A query may be long: it names every feature of its view. The server's own limit is 256 KiB.
const MAX_QUERY_BYTES: &str = "67108864";

impl Warehouse {
    /// Computes features in the warehouse from the bars known at `as_of`: a stream of rows in order of symbol and
    /// session.
    ///
    /// `select` is given what to read the bars from, for its `FROM`, one row a symbol and session; it gives a query
    /// with the columns `symbol`, `session`, `knowledge_time` and those of `names`. `symbols` of `None` means all.
    ///
    /// # Errors
    /// [`Error::Name`](crate::Error::Name) for a feature that cannot be a column; connection errors.
    pub fn recomputed_features(
        &self,
        as_of: AsOf,
        names: &[String],
        symbols: Option<&[Symbol]>,
        select: &dyn Fn(&str) -> String,
    ) -> Result<RecomputedFeatures> {
        let columns: String = table::columns(names)?.iter().map(|name| format!(", {name}")).collect();
        let queries = symbol_batches(symbols).into_iter().map(|batch| {
            let sql = format!(
                "SELECT symbol AS key_symbol, toInt32(session) AS key_day, \
                 toUnixTimestamp64Micro(knowledge_time) AS key_known{columns} FROM (\n{}\n) \
                 ORDER BY symbol, session",
                select(&known_bars(batch.is_some()))
            );
            let query = self.query(&sql).param("as_of", as_of.as_microsecond());
            let query = query.with_setting("max_query_size", MAX_QUERY_BYTES);
            if let Some(symbols) = batch { query.param("symbols", symbols) } else { query }
        });
        let queries: Vec<Query> = queries.collect();
        Ok(RecomputedFeatures {
            warehouse: self.clone(),
            queries: queries.into_iter(),
            cursor: None,
            pending: FeatureRows::of(names),
            symbols: Symbols::default(),
        })
    }
}

/// Rows that the warehouse computes, as they come.
pub struct RecomputedFeatures {
    warehouse: Warehouse,
    queries: std::vec::IntoIter<Query>,
    cursor: Option<NativeCursor>,
    pending: FeatureRows,
    symbols: Symbols,
}

impl RecomputedFeatures {
    /// The next rows: whole symbols, a few mebibytes of them. `None` when there are no more.
    ///
    /// # Errors
    /// What the server says; [`Error::Stored`](crate::Error::Stored) when its answer has not the columns promised.
    pub async fn next(&mut self) -> Result<Option<FeatureRows>> {
        while !self.is_enough() {
            if self.cursor.is_none() {
                let Some(query) = self.queries.next() else { break };
                self.cursor = Some(query.fetch_native().map_err(|error| self.warehouse.error(error))?);
            }
            let Some(cursor) = &mut self.cursor else { break };
            match self.warehouse.within(cursor.next()).await? {
                Some(block) => take(&mut self.pending, &mut self.symbols, &block)?,
                None => self.cursor = None,
            }
        }
        let whole = if self.is_enough() { self.start_of_last_symbol() } else { self.pending.len() };
        let rest = split_off(&mut self.pending, whole);
        let rows = std::mem::replace(&mut self.pending, rest);
        Ok((!rows.is_empty()).then_some(rows))
    }

    fn is_enough(&self) -> bool {
        self.pending.values.len() >= CHUNK_VALUES && self.start_of_last_symbol() > 0
    }

    /// Where the symbol begins that more rows may come of.
    fn start_of_last_symbol(&self) -> usize {
        let symbols = &self.pending.symbols;
        symbols.last().map_or(0, |last| symbols.partition_point(|symbol| symbol < last))
    }
}

/// The newest version of each bar, as a subquery.
fn known_bars(of_symbols: bool) -> String {
    let filter = if of_symbols { " AND symbol IN {symbols:Array(String)}" } else { "" };
    format!(
        "(SELECT * FROM marts.bars WHERE knowledge_time <= {AT} AND event_time <= {AT}{filter} \
         ORDER BY symbol, session, knowledge_time DESC, version DESC LIMIT 1 BY symbol, session)"
    )
}

fn take(rows: &mut FeatureRows, symbols: &mut Symbols, block: &Block) -> Result<()> {
    let (before, width) = (rows.len(), rows.names.len());
    for name in column::<&str>(block, "key_symbol")? {
        rows.symbols.push(symbols.of(name)?);
    }
    for day in column::<i32>(block, "key_day")? {
        rows.sessions.push(session(day)?);
    }
    rows.knowledge_times.extend(column::<i64>(block, "key_known")?);
    rows.values.resize(rows.len() * width, f32::NAN);
    for (at, name) in rows.names.iter().enumerate() {
        for (row, value) in column::<f32>(block, name)?.into_iter().enumerate() {
            rows.values[(before + row) * width + at] = value;
        }
    }
    Ok(())
}

fn split_off(rows: &mut FeatureRows, at: usize) -> FeatureRows {
    FeatureRows {
        names: rows.names.clone(),
        symbols: rows.symbols.split_off(at),
        sessions: rows.sessions.split_off(at),
        knowledge_times: rows.knowledge_times.split_off(at),
        values: rows.values.split_off(at * rows.names.len()),
    }
}

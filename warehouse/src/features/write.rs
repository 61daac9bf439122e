//! Writing feature rows: streamed in blocks, and harmless when repeated.

use clickhouse::native::Block;
use clickhouse::native::builder::BlockBuilder;
use jiff::Timestamp;
use weekahead_market::{Session, Symbol};

use super::table;
use crate::native::{Days, Micros, add_column};
use crate::sql::identifier;
use crate::{Error, Result, Warehouse};

/// A row to write.
///
/// # Shape
/// One value a feature.
///
/// # Missing values
/// NaN.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureRow {
    /// Whose row it is.
    pub symbol: Symbol,
    /// Of which session.
    pub session: Session,
    /// Since when it can be known, in microseconds since 1970-01-01 UTC.
    pub knowledge_time: i64,
    /// The values, in the order of the names.
    pub values: Vec<f32>,
}

/// Values in one block: large enough to be cheap for the server, small enough to hold twice.
const BLOCK_VALUES: usize = 1 << 21;
const BLOCK_ROWS: usize = 1 << 16;

impl Warehouse {
    /// Writes rows of a view and says how many. A row that is there already (same view version, symbol, session and
    /// knowledge time) is replaced by itself, so a write that broke off may be repeated.
    ///
    /// `ingested_at` is the writer's clock; of two writes of one row the later one counts.
    ///
    /// # Errors
    /// [`Error::UnknownTable`] before [`create_feature_table`](Self::create_feature_table); [`Error::Width`] for
    /// a row of the wrong width, when rows before it may be written already; connection errors.
    pub async fn write_features(
        &self,
        view: &str,
        view_version: &str,
        names: &[String],
        ingested_at: Timestamp,
        rows: impl IntoIterator<Item = FeatureRow, IntoIter: Send>,
    ) -> Result<usize> {
        let columns: String = table::columns(names)?.iter().map(|name| format!("{name}, ")).collect();
        let table = identifier("view", view)?;
        let target =
            format!("features.{table} (symbol, session, knowledge_time, {columns}view_version, ingested_at)");
        let mut insert = self.client().insert_native_unescaped(&target);
        let mut pending = Pending::new(view_version, names, ingested_at);
        let mut written = 0;
        for row in rows {
            pending.push(row)?;
            if pending.is_full() {
                written += pending.sessions.len();
                self.within(insert.write(&pending.take()?)).await?;
            }
        }
        if !pending.sessions.is_empty() {
            written += pending.sessions.len();
            self.within(insert.write(&pending.take()?)).await?;
        }
        if written > 0 {
            self.within(insert.end()).await?;
        }
        Ok(written)
    }
}

/// The rows of the next block, in columns.
struct Pending<'a> {
    view_version: &'a str,
    names: &'a [String],
    ingested_at: i64,
    symbols: Vec<Symbol>,
    sessions: Vec<i32>,
    knowledge_times: Vec<i64>,
    columns: Vec<Vec<f32>>,
}

impl<'a> Pending<'a> {
    fn new(view_version: &'a str, names: &'a [String], ingested_at: Timestamp) -> Self {
        Self {
            view_version,
            names,
            ingested_at: ingested_at.as_microsecond(),
            symbols: Vec::new(),
            sessions: Vec::new(),
            knowledge_times: Vec::new(),
            columns: vec![Vec::new(); names.len()],
        }
    }

    fn push(&mut self, row: FeatureRow) -> Result<()> {
        if row.values.len() != self.names.len() {
            return Err(Error::Width {
                symbol: row.symbol.to_string(),
                session: row.session.to_string(),
                expected: self.names.len(),
                actual: row.values.len(),
            });
        }
        self.symbols.push(row.symbol);
        self.sessions.push(row.session.days_since_epoch());
        self.knowledge_times.push(row.knowledge_time);
        for (column, value) in self.columns.iter_mut().zip(row.values) {
            column.push(value);
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        let rows = self.sessions.len();
        rows >= BLOCK_ROWS || rows * self.names.len() >= BLOCK_VALUES
    }

    fn take(&mut self) -> Result<Block> {
        let rows = self.sessions.len();
        let mut block = BlockBuilder::new();
        add_column(&mut block, "symbol", self.symbols.drain(..).map(String::from))?;
        add_column(&mut block, "session", self.sessions.drain(..).map(Days))?;
        add_column(&mut block, "knowledge_time", self.knowledge_times.drain(..).map(Micros))?;
        for (name, column) in self.names.iter().zip(&mut self.columns) {
            add_column(&mut block, name, column.drain(..))?;
        }
        add_column(&mut block, "view_version", (0..rows).map(|_| self.view_version.to_owned()))?;
        add_column(&mut block, "ingested_at", (0..rows).map(|_| Micros(self.ingested_at)))?;
        block.build().map_err(|error| Error::Client(clickhouse::error::Error::Other(error.into())))
    }
}

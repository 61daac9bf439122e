//! Writing feature rows: streamed in blocks, and harmless when repeated.

use std::collections::BTreeMap;

use jiff::Timestamp;
use weekahead_market::{Columns, Session, Symbol};

use super::native_rows::{Heading, send_block};
use super::{FeatureColumns, FeatureTable, table};
use crate::client::{ANSWER_LIMIT, SEND_LIMIT};
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

/// Values in one block, which is one part of the table: the server holds a block twice while it writes it, and fewer
/// and larger parts are less for it to merge.
const BLOCK_VALUES: usize = 1 << 25;

impl Warehouse {
    /// Writes rows of a view and says how many. A row that is there already (same view version, symbol, session and
    /// knowledge time) is replaced by itself, so a write that broke off may be repeated. No row is copied to where recent ones lie.
    ///
    /// `ingested_at` is the writer's clock; of two writes of one row the later one counts.
    ///
    /// # Errors
    /// [`Error::Width`] for a row that has not one value a name;
    /// [`Error::UnknownTable`] before [`create_feature_table`](Self::create_feature_table); connection errors.
    pub async fn write_features(
        &self,
        view: &str,
        view_version: &str,
        names: &[String],
        ingested_at: Timestamp,
        rows: impl IntoIterator<Item = FeatureRow>,
    ) -> Result<usize> {
        let parts = columns_of(names, rows)?;
        self.write_feature_columns(FeatureTable::All, view, view_version, names, ingested_at, &parts).await
    }

    /// As [`write_features`](Self::write_features), of rows in columns, to one table of the view. They are sent as they lie: in order of
    /// symbol, session and knowledge time they cost the server no sorting in the table of all rows.
    ///
    /// # Errors
    /// As [`write_features`](Self::write_features).
    pub async fn write_feature_columns(
        &self,
        of: FeatureTable,
        view: &str,
        view_version: &str,
        names: &[String],
        ingested_at: Timestamp,
        parts: &[FeatureColumns],
    ) -> Result<usize> {
        let (database, table) = (of.database(), identifier("view", view)?);
        table::columns(names)?;
        check_widths(names.len(), parts)?;
        let count = parts.iter().map(FeatureColumns::len).sum();
        if count == 0 {
            return Ok(0);
        }
        let heading = Heading { view_version, names, ingested_at: ingested_at.as_microsecond() };
        let columns: Vec<String> = heading.columns().map(|name| format!("`{name}`")).collect();
        let sql = format!("INSERT INTO {database}.{table} ({}) FORMAT Native", columns.join(", "));
        // Rows come sorted and with unique keys, in blocks of the right size: the server need not look for duplicates,
        // gather blocks or keep them for later.
        let mut insert = self
            .client()
            .clone()
            .with_compression(clickhouse::Compression::None)
            .insert_formatted_with(sql)
            .with_setting("optimize_on_insert", "0")
            .with_setting("async_insert", "0")
            .with_setting("min_insert_block_size_rows", "0")
            .with_setting("min_insert_block_size_bytes", "0")
            .with_timeouts(Some(SEND_LIMIT), Some(ANSWER_LIMIT));
        for block in blocks(parts, names.len()) {
            send_block(&mut insert, &heading, block).await.map_err(|error| self.error(error))?;
        }
        insert.end().await.map_err(|error| self.error(error))?;
        Ok(count)
    }
}

fn check_widths(expected: usize, parts: &[FeatureColumns]) -> Result<()> {
    match parts.iter().find(|part| part.columns().len() != expected && !part.is_empty()) {
        None => Ok(()),
        Some(part) => Err(Error::Width {
            symbol: part.symbol().to_string(),
            session: part.sessions()[0].to_string(),
            expected,
            actual: part.columns().len(),
        }),
    }
}

/// Runs of parts that make one block each.
fn blocks(parts: &[FeatureColumns], width: usize) -> impl Iterator<Item = &[FeatureColumns]> {
    let mut rest = parts;
    std::iter::from_fn(move || {
        let mut values = 0;
        let fits = |part: &&FeatureColumns| {
            let first = values == 0;
            values += part.len() * width.max(1);
            first || values <= BLOCK_VALUES
        };
        let count = rest.iter().take_while(fits).count();
        let (block, later) = rest.split_at(count);
        rest = later;
        (!block.is_empty()).then_some(block)
    })
    .filter(|block| block.iter().any(|part| !part.is_empty()))
}

/// Rows as columns, symbol by symbol, in the table's order.
fn columns_of(names: &[String], rows: impl IntoIterator<Item = FeatureRow>) -> Result<Vec<FeatureColumns>> {
    let mut by_symbol: BTreeMap<Symbol, Vec<FeatureRow>> = BTreeMap::new();
    for row in rows {
        if row.values.len() != names.len() {
            return Err(Error::Width {
                symbol: row.symbol.to_string(),
                session: row.session.to_string(),
                expected: names.len(),
                actual: row.values.len(),
            });
        }
        by_symbol.entry(row.symbol.clone()).or_default().push(row);
    }
    let columns = |(symbol, mut rows): (Symbol, Vec<FeatureRow>)| {
        rows.sort_by_key(|row| (row.session, row.knowledge_time));
        let columns = Columns::from_fn(names.len(), rows.len(), |column, row| rows[row].values[column]);
        let sessions = rows.iter().map(|row| row.session).collect();
        let known = rows.iter().map(|row| row.knowledge_time).collect();
        FeatureColumns::new(symbol, sessions, known, columns)
    };
    by_symbol.into_iter().map(columns).collect()
}

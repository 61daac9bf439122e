//! What a build has done, so that the next one need not do it again: sums of digests of what it read and what it left.

use std::collections::BTreeMap;

use clickhouse::Row;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use weekahead_market::{AsOf, Symbol};

use super::read::{KNOWN, batch_filter, bind};
use crate::bars::{AT, symbol_batches};
use crate::sql::identifier;
use crate::{Result, TableDigest, Warehouse};

/// The word of a build: of this symbol, the bars known at `as_of` had the digest `bars`, and all rows that follow from
/// them were stored, with the digest `rows`. Whether both still hold is compared, never assumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Materialized {
    /// Of which symbol.
    pub symbol: Symbol,
    /// Where the build stood.
    pub as_of: AsOf,
    /// All versions of its bars known then.
    pub bars: TableDigest,
    /// All rows stored for it that could be known then.
    pub rows: TableDigest,
}

/// What there is of a symbol: known at an earlier instant, and known at the reader's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Coverage {
    /// What could be known at the earlier instant.
    pub then: TableDigest,
    /// What can be known now, the former included.
    pub now: TableDigest,
}

#[derive(Row, Deserialize)]
struct CoverageRow {
    name: String,
    then_rows: u64,
    then_hash: u64,
    now_rows: u64,
    now_hash: u64,
}

#[derive(Row, Serialize, Deserialize)]
struct MaterializedRow {
    view: String,
    view_version: String,
    symbol: String,
    as_of: i64,
    bars: u64,
    bars_digest: u64,
    rows: u64,
    rows_digest: u64,
    written_at: i64,
}

impl Warehouse {
    /// Of each symbol, the digest of all bar versions known at `as_of`, and of those known at `then` already. Symbols
    /// without bars are left out.
    ///
    /// # Errors
    /// [`Error::UnknownTable`](crate::Error::UnknownTable) before dbt ran; connection errors.
    pub async fn bar_coverage(
        &self,
        as_of: AsOf,
        then: Option<AsOf>,
        symbols: &[Symbol],
    ) -> Result<BTreeMap<Symbol, Coverage>> {
        let of = |filter: &str| {
            let hashed =
                "symbol, session, knowledge_time, version, open, high, low, close, volume, dividend, split";
            let rows = format!(
                "SELECT symbol, knowledge_time, cityHash64({hashed}) AS digest FROM marts.bars \
                 WHERE knowledge_time <= {AT} AND event_time <= {AT}{filter}"
            );
            coverage_sql(&rows)
        };
        self.coverage(as_of, then, "", symbols, of).await
    }

    /// Of each symbol, the digest of all rows of a view that are stored and known at `as_of`, and of those known at
    /// `then` already. Symbols without rows are left out.
    ///
    /// # Errors
    /// [`Error::UnknownTable`](crate::Error::UnknownTable) before the view was made; connection errors.
    pub async fn feature_coverage(
        &self,
        as_of: AsOf,
        then: Option<AsOf>,
        view: &str,
        view_version: &str,
        symbols: &[Symbol],
    ) -> Result<BTreeMap<Symbol, Coverage>> {
        let table = identifier("view", view)?;
        let of = |filter: &str| {
            let rows = format!(
                "SELECT symbol, knowledge_time, row_digest AS digest FROM features.{table} FINAL \
                 WHERE {KNOWN}{filter}"
            );
            coverage_sql(&rows)
        };
        self.coverage(as_of, then, view_version, symbols, of).await
    }

    async fn coverage(
        &self,
        as_of: AsOf,
        then: Option<AsOf>,
        view_version: &str,
        symbols: &[Symbol],
        sql: impl Fn(&str) -> String,
    ) -> Result<BTreeMap<Symbol, Coverage>> {
        let then = then.map_or(i64::MIN, |then| then.as_microsecond());
        let mut coverage = BTreeMap::new();
        for batch in symbol_batches(Some(symbols)) {
            let query = self.query(&sql(&batch_filter(&batch))).param("then", then);
            for row in self.rows::<CoverageRow>(bind(query, as_of, view_version, batch)).await? {
                let then = TableDigest { rows: row.then_rows, hash: row.then_hash };
                let now = TableDigest { rows: row.now_rows, hash: row.now_hash };
                coverage.insert(Symbol::new(&row.name)?, Coverage { then, now });
            }
        }
        Ok(coverage)
    }

    /// What builds of a view that stood at `as_of` or before have said, of each symbol the last word.
    ///
    /// # Errors
    /// [`Error::UnknownTable`](crate::Error::UnknownTable) before the migrations ran; connection errors.
    pub async fn materialized(
        &self,
        as_of: AsOf,
        view: &str,
        view_version: &str,
        symbols: &[Symbol],
    ) -> Result<Vec<Materialized>> {
        let mut words = Vec::new();
        for batch in symbol_batches(Some(symbols)) {
            let sql = format!(
                "SELECT ?fields FROM ops.materialized FINAL WHERE view = {{view:String}} \
                 AND view_version = {{view_version:String}} AND as_of <= {AT}{}",
                batch_filter(&batch)
            );
            let query = bind(self.query(&sql).param("view", view), as_of, view_version, batch);
            for row in self.rows::<MaterializedRow>(query).await? {
                words.push(row.try_into()?);
            }
        }
        Ok(words)
    }

    /// Writes what a build has to say; the last word on a symbol counts.
    ///
    /// # Errors
    /// As [`materialized`](Self::materialized).
    pub async fn write_materialized(
        &self,
        view: &str,
        view_version: &str,
        written_at: Timestamp,
        words: &[Materialized],
    ) -> Result<()> {
        let row = |word: &Materialized| MaterializedRow {
            view: view.to_owned(),
            view_version: view_version.to_owned(),
            symbol: word.symbol.to_string(),
            as_of: word.as_of.as_microsecond(),
            bars: word.bars.rows,
            bars_digest: word.bars.hash,
            rows: word.rows.rows,
            rows_digest: word.rows.hash,
            written_at: written_at.as_microsecond(),
        };
        let rows: Vec<_> = words.iter().map(row).collect();
        self.insert("ops", "materialized", &rows).await
    }
}

impl TryFrom<MaterializedRow> for Materialized {
    type Error = crate::Error;

    fn try_from(row: MaterializedRow) -> Result<Self> {
        let as_of = Timestamp::from_microsecond(row.as_of)
            .map_err(|error| crate::Error::Stored { detail: error.to_string() })?;
        Ok(Self {
            symbol: Symbol::new(&row.symbol)?,
            as_of: AsOf::at(as_of),
            bars: TableDigest { rows: row.bars, hash: row.bars_digest },
            rows: TableDigest { rows: row.rows, hash: row.rows_digest },
        })
    }
}

/// Sums up the digests of rows by symbol. The order of rows does not matter, and their number is beside the sum.
fn coverage_sql(rows: &str) -> String {
    let early = "toUnixTimestamp64Micro(knowledge_time) <= {then:Int64}";
    format!(
        "SELECT toString(symbol) AS name, countIf({early}) AS then_rows, \
         sumWithOverflowIf(digest, {early}) AS then_hash, count() AS now_rows, \
         sumWithOverflow(digest) AS now_hash FROM ({rows}) GROUP BY symbol \
         SETTINGS optimize_aggregation_in_order = 1"
    )
}

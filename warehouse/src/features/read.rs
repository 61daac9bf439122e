//! Features as they were known at an instant.

use clickhouse::query::Query;
use weekahead_market::{AsOf, Session, Symbol};

use super::newest::{NewestRows, column_groups};
use super::table::FeatureTable;
use super::{FeatureRows, table};
use crate::bars::symbol_batches;
use crate::sql::identifier;
use crate::{Result, Warehouse};

/// The first and the last session wanted; `None` leaves a side open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SessionRange {
    /// The first session wanted.
    pub from: Option<Session>,
    /// The last session wanted.
    pub to: Option<Session>,
}

impl SessionRange {
    /// Every session.
    pub const ALL: Self = Self { from: None, to: None };

    /// One session alone.
    pub fn only(session: Session) -> Self {
        Self { from: Some(session), to: Some(session) }
    }

    fn filter(self) -> String {
        let mut filter = String::new();
        if self.from.is_some() {
            filter.push_str(" AND session >= {from:Date32}");
        }
        if self.to.is_some() {
            filter.push_str(" AND session <= {to:Date32}");
        }
        filter
    }

    fn bind(self, mut query: Query) -> Query {
        if let Some(from) = self.from {
            query = query.param("from", from.to_string());
        }
        if let Some(to) = self.to {
            query = query.param("to", to.to_string());
        }
        query
    }
}

impl Warehouse {
    /// The features of a view known at `as_of`: of each symbol and session the newest row, in order.
    ///
    /// `names` are the features wanted, in the order wanted; `symbols` of `None` means all.
    ///
    /// # Errors
    /// [`Error::UnknownTable`](crate::Error::UnknownTable) before the view was made;
    /// [`Error::Refused`](crate::Error::Refused) for a feature without a column; connection errors.
    pub async fn features(
        &self,
        as_of: AsOf,
        view: &str,
        view_version: &str,
        names: &[String],
        symbols: Option<&[Symbol]>,
        range: SessionRange,
    ) -> Result<FeatureRows> {
        self.features_known(as_of, view, view_version, names, symbols, range, &|_, _| true).await
    }

    /// As [`features`](Self::features), but of each symbol and session the newest row that passes a test of its own
    /// session and knowledge time (microseconds): what was known in time, where later versions exist.
    ///
    /// # Errors
    /// As [`features`](Self::features).
    #[expect(clippy::too_many_arguments, reason = "a read names what, of whom, when and where it stands")]
    pub async fn features_known(
        &self,
        as_of: AsOf,
        view: &str,
        view_version: &str,
        names: &[String],
        symbols: Option<&[Symbol]>,
        range: SessionRange,
        admit: &(dyn Fn(Session, i64) -> bool + Sync),
    ) -> Result<FeatureRows> {
        let table = identifier("view", view)?;
        let columns = table::columns(names)?;
        self.read(|| async {
            let mut newest = NewestRows::of(names, admit);
            for group in column_groups(names.len()) {
                newest.begin(group.clone())?;
                for batch in symbol_batches(symbols) {
                    let filter = batch_filter(&batch) + &range.filter();
                    let sql = features_sql(FeatureTable::All, &table, &columns[group.clone()], &filter);
                    let query = self.query(&sql);
                    let query = bind(query, as_of, view_version, batch);
                    self.blocks(range.bind(query), |block| newest.take(block)).await?;
                }
            }
            newest.finish()
        })
        .await
    }

    /// The newest row of each symbol known at `as_of`: what a forecast made at that instant stands on.
    ///
    /// `recent` is the first session that most symbols are expected to have a row of. Their rows are read where those of recent sessions lie
    /// together, if there they are the same to the bit; then among all rows since; the last ones are looked for in all sessions.
    ///
    /// # Errors
    /// As [`features`](Self::features).
    pub async fn latest_features(
        &self,
        as_of: AsOf,
        view: &str,
        view_version: &str,
        names: &[String],
        symbols: Option<&[Symbol]>,
        recent: Option<Session>,
    ) -> Result<FeatureRows> {
        let (table, columns) = (identifier("view", view)?, table::columns(names)?);
        let read = LatestRead { table, columns, as_of, view_version, names };
        self.read(|| async {
            let (Some(symbols), Some(recent)) = (symbols, recent) else {
                return self.latest(&read, FeatureTable::All, symbols, SessionRange::ALL).await;
            };
            // No row is known before its session.
            let since = SessionRange { from: Some(recent), to: Some(Session::from_date(as_of.date())) };
            let mut found = FeatureRows::of(names);
            for (of, range) in [
                (FeatureTable::Recent, since),
                (FeatureTable::All, since),
                (FeatureTable::All, SessionRange::ALL),
            ] {
                let has = |symbol: &&Symbol| found.symbols.binary_search(symbol).is_ok();
                let rest: Vec<Symbol> = symbols.iter().filter(|symbol| !has(symbol)).cloned().collect();
                if rest.is_empty() {
                    break;
                }
                found = match self.latest(&read, of, Some(&rest), range).await {
                    // Copies may be missing, or lack a column that this version of the view has: whatever is really wrong, the
                    // table of all rows says in a moment.
                    Err(error) if of == FeatureTable::Recent && !error.is_retryable() => found,
                    others => found.with(others?),
                };
            }
            Ok(found)
        })
        .await
    }

    /// Of each symbol the newest row within a range of sessions. Where it is read from the copies, the copy must be the same to the bit:
    /// symbols of which it is not, or of which there is none, are left out.
    async fn latest(
        &self,
        read: &LatestRead<'_>,
        of: FeatureTable,
        symbols: Option<&[Symbol]>,
        range: SessionRange,
    ) -> Result<FeatureRows> {
        let in_subquery = self.topology.in_subquery();
        let mut newest = NewestRows::of(read.names, &|_, _| true);
        for batch in symbol_batches(symbols) {
            let filter = batch_filter(&batch) + &range.filter();
            let newest_keys = format!("FROM features.{} WHERE {KNOWN}{filter} GROUP BY symbol", read.table);
            let last = match of {
                FeatureTable::All => {
                    format!("(symbol, session) {in_subquery} (SELECT symbol, max(session) {newest_keys})")
                }
                FeatureTable::Recent => format!(
                    "(symbol, session, knowledge_time, row_digest) {in_subquery} \
                     (SELECT symbol, newest.1, newest.2, newest.4 FROM (\
                     SELECT symbol, max((session, knowledge_time, ingested_at, row_digest)) AS newest {newest_keys}))"
                ),
            };
            let sql = features_sql(of, &read.table, &read.columns, &format!("{filter} AND {last}"));
            let query = range.bind(bind(self.query(&sql), read.as_of, read.view_version, batch));
            self.blocks(query, |block| newest.take(block)).await?;
        }
        newest.finish()
    }
}

/// What is read of every symbol.
struct LatestRead<'a> {
    table: String,
    columns: Vec<String>,
    as_of: AsOf,
    view_version: &'a str,
    names: &'a [String],
}

/// The rows that exist for a reader.
pub(crate) const KNOWN: &str = "view_version = {view_version:String} AND knowledge_time <= fromUnixTimestamp64Micro({as_of:Int64}, 'UTC')";

pub(super) fn batch_filter(batch: &Option<Vec<String>>) -> String {
    if batch.is_some() { " AND symbol IN {symbols:Array(String)}".to_owned() } else { String::new() }
}

pub(super) fn bind(query: Query, as_of: AsOf, view_version: &str, batch: Option<Vec<String>>) -> Query {
    let query = query.param("as_of", as_of.as_microsecond()).param("view_version", view_version);
    match batch {
        Some(symbols) => query.param("symbols", symbols),
        None => query,
    }
}

/// In the order of the table of all rows, where the server sorts nothing; the last row of a key is the newest.
pub(super) fn features_sql(of: FeatureTable, table: &str, columns: &[String], filter: &str) -> String {
    let values: String = columns.iter().map(|column| format!(", {column}")).collect();
    format!(
        "SELECT symbol AS key_symbol, toInt32(session) AS key_day, \
         toUnixTimestamp64Micro(knowledge_time) AS key_known{values} \
         FROM {}.{table} WHERE {KNOWN}{filter} \
         ORDER BY view_version, symbol, session, knowledge_time, ingested_at",
        of.database()
    )
}

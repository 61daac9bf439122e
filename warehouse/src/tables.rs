//! Whole tables: how many rows they have, and whether two of them hold the same.

use std::collections::BTreeMap;

use clickhouse::Row;
use serde::Deserialize;

use crate::sql::{identifier, literal};
use crate::{Result, Warehouse};

/// A digest of a table's rows that does not depend on their order or on how they lie on disk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Row, Deserialize)]
pub struct TableDigest {
    /// Number of rows.
    pub rows: u64,
    /// Sum of the rows' hashes, wrapping.
    pub hash: u64,
}

impl Warehouse {
    /// How many rows each table and view of a database has, superseded versions not counted.
    ///
    /// # Errors
    /// Connection errors; a view's own error when it cannot be read.
    pub async fn row_counts(&self, database: &str) -> Result<BTreeMap<String, u64>> {
        let database = identifier("database", database)?;
        let query = self
            .query("SELECT name FROM system.tables WHERE database = {database:String} ORDER BY name")
            .param("database", database.trim_matches('`'));
        let mut counts = BTreeMap::new();
        for name in self.rows::<String>(query).await? {
            let table = format!("{database}.`{}`", name.replace('`', "\\`"));
            let count = self.query(&format!("SELECT count() FROM {table} SETTINGS final = 1"));
            counts.insert(name, self.read(|| async { self.within(count.clone().fetch_one()).await }).await?);
        }
        Ok(counts)
    }

    /// A digest of some columns of a table, or of all of them when `columns` is empty. Leave out the columns that hold
    /// clocks and random ids to compare two histories of the same data.
    ///
    /// # Errors
    /// [`Error::UnknownTable`](crate::Error::UnknownTable) without the table; connection errors.
    pub async fn table_digest(&self, database: &str, table: &str, columns: &[&str]) -> Result<TableDigest> {
        let place = format!("{}.{}", identifier("database", database)?, identifier("table", table)?);
        let columns: Vec<String> =
            columns.iter().map(|name| identifier("column", name)).collect::<Result<_>>()?;
        let hashed = if columns.is_empty() { "*".to_owned() } else { columns.join(", ") };
        // A tuple of names as well, so that equal values in other columns do not look the same.
        let names = literal(&hashed);
        let sql = format!(
            "SELECT count() AS rows, sumWithOverflow(cityHash64({names}, {hashed})) AS hash FROM {place} \
             SETTINGS final = 1"
        );
        let query = self.query(&sql);
        self.read(|| async { self.within(query.clone().fetch_one()).await }).await
    }
}

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

/// A table or view and its columns.
#[derive(Debug, Clone, PartialEq, Eq, Row, Deserialize)]
pub struct TableShape {
    /// Its name.
    pub name: String,
    /// Its columns by name.
    pub columns: Vec<String>,
}

impl Warehouse {
    /// The tables and views of a database in order of their names, those that dbt is about to exchange left out.
    ///
    /// # Errors
    /// Connection errors.
    pub async fn table_shapes(&self, database: &str) -> Result<Vec<TableShape>> {
        let sql = "SELECT table AS name, groupArray(column) AS columns FROM \
                   (SELECT table, name AS column FROM system.columns WHERE database = {database:String} ORDER BY table, name) \
                   WHERE position(table, '__dbt') = 0 GROUP BY table ORDER BY table";
        self.rows(self.query(sql).param("database", database)).await
    }

    /// As [`table_digest`](Self::table_digest), with every Float64 rounded to a Float32: sums of the same numbers in
    /// another order are equal.
    ///
    /// # Errors
    /// As [`table_digest`](Self::table_digest).
    pub async fn rounded_digest(&self, database: &str, table: &str, columns: &[&str]) -> Result<TableDigest> {
        #[derive(Row, Deserialize)]
        struct Column {
            name: String,
            kind: String,
        }
        let sql = "SELECT name, type AS kind FROM system.columns \
                   WHERE database = {database:String} AND table = {table:String} ORDER BY position";
        let query = self.query(sql).param("database", database).param("table", table);
        let known = self.rows::<Column>(query).await?.into_iter();
        let rounded =
            known.filter(|column| columns.contains(&column.name.as_str())).map(|Column { name, kind }| {
                let name = identifier("column", &name)?;
                Ok(match kind.contains("Float64") {
                    true => format!("CAST({name}, {})", literal(&kind.replace("Float64", "Float32"))),
                    false => name,
                })
            });
        let hashed: Vec<String> = rounded.collect::<Result<_>>()?;
        self.digest_of(database, table, &hashed.join(", ")).await
    }

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
        let columns: Vec<String> =
            columns.iter().map(|name| identifier("column", name)).collect::<Result<_>>()?;
        let columns = if columns.is_empty() { "*".to_owned() } else { columns.join(", ") };
        self.digest_of(database, table, &columns).await
    }

    async fn digest_of(&self, database: &str, table: &str, hashed: &str) -> Result<TableDigest> {
        let place = format!("{}.{}", identifier("database", database)?, identifier("table", table)?);
        // The names as well, so that equal values in other columns do not look the same; a tuple, since the hash of a NULL
        // beside it would be NULL and the row would not count.
        let names = literal(hashed);
        let sql = format!(
            "SELECT count() AS rows, sumWithOverflow(row_digest) AS hash FROM \
             (SELECT cityHash64({names}, tuple({hashed})) AS row_digest FROM {place}) SETTINGS final = 1"
        );
        let query = self.query(&sql);
        self.read(|| async { self.within(query.clone().fetch_one()).await }).await
    }
}

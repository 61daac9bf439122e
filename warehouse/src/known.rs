//! What is known altogether, in a number: what tells a reader that nothing has changed.

use clickhouse::query::Query;
use weekahead_market::AsOf;

use crate::bars::AT;
use crate::features::KNOWN;
use crate::sql::identifier;
use crate::{Result, TableDigest, Warehouse};

impl Warehouse {
    /// The digest of all versions of bars known at `as_of`: equal ones are of the same bars. It is a sum over one column, cheap enough to
    /// ask for every few seconds.
    ///
    /// # Errors
    /// [`Error::UnknownTable`](crate::Error::UnknownTable) before dbt ran; connection errors.
    pub async fn known_bars(&self, as_of: AsOf) -> Result<TableDigest> {
        let sql = format!(
            "SELECT count() AS rows, sum(content_hash) AS hash FROM marts.bars \
             WHERE knowledge_time <= {AT} AND event_time <= {AT}"
        );
        self.known(self.query(&sql).param("as_of", as_of.as_microsecond())).await
    }

    /// The digest of all rows of a view's version known at `as_of`. Rows that are stored twice count twice until they are merged.
    ///
    /// # Errors
    /// [`Error::UnknownTable`](crate::Error::UnknownTable) before the view is built; connection errors.
    pub async fn known_features(&self, as_of: AsOf, view: &str, view_version: &str) -> Result<TableDigest> {
        let table = identifier("view", view)?;
        let sql =
            format!("SELECT count() AS rows, sum(row_digest) AS hash FROM features.{table} WHERE {KNOWN}");
        let query = self.query(&sql).param("as_of", as_of.as_microsecond());
        self.known(query.param("view_version", view_version)).await
    }

    async fn known(&self, query: Query) -> Result<TableDigest> {
        Ok(self.rows::<TableDigest>(query).await?.first().copied().unwrap_or_default())
    }
}

//! A part of the rows of a view that stands for all of them.

use clickhouse::Row;
use serde::Deserialize;
use weekahead_market::{AsOf, Session};

use super::newest::NewestRows;
use super::read::{KNOWN, bind, features_sql};
use super::table::FeatureTable;
use super::{FeatureRows, table};
use crate::native::session;
use crate::sql::identifier;
use crate::{Result, TableDigest, Warehouse};

/// How much there is of a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeatureExtent {
    /// All rows known, versions counted one by one.
    pub digest: TableDigest,
    /// The session of the first.
    pub first: Session,
    /// The session of the last.
    pub last: Session,
}

/// Which rows are wanted: one of so many by a hash of symbol and session, hence the same ones every time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampling {
    /// The first session that is recent.
    pub recent_from: Session,
    /// One of so many recent rows; 1 for all.
    pub recent_every: u64,
    /// One of so many rows before.
    pub earlier_every: u64,
}

#[derive(Row, Deserialize)]
struct ExtentRow {
    rows: u64,
    hash: u64,
    first: i32,
    last: i32,
}

impl Warehouse {
    /// How much there is of a view, as known at `as_of`; `None` when there is nothing.
    ///
    /// # Errors
    /// [`Error::UnknownTable`](crate::Error::UnknownTable) before the view was made; connection errors.
    pub async fn feature_extent(
        &self,
        as_of: AsOf,
        view: &str,
        view_version: &str,
    ) -> Result<Option<FeatureExtent>> {
        let table = identifier("view", view)?;
        let sql = format!(
            "SELECT count() AS rows, sumWithOverflow(row_digest) AS hash, toInt32(min(session)) AS first, \
             toInt32(max(session)) AS last FROM features.{table} WHERE {KNOWN}"
        );
        let found = self.rows::<ExtentRow>(bind(self.query(&sql), as_of, view_version, None)).await?;
        let found = found.into_iter().find(|extent| extent.rows > 0);
        let extent = |found: ExtentRow| {
            let digest = TableDigest { rows: found.rows, hash: found.hash };
            Ok(FeatureExtent { digest, first: session(found.first)?, last: session(found.last)? })
        };
        found.map(extent).transpose()
    }

    /// A sample of the rows of a view: of each symbol and session that it holds, the newest row known at `as_of`.
    ///
    /// # Errors
    /// As [`features`](Self::features).
    pub async fn sampled_features(
        &self,
        as_of: AsOf,
        view: &str,
        view_version: &str,
        names: &[String],
        sampling: Sampling,
    ) -> Result<FeatureRows> {
        let table = identifier("view", view)?;
        let columns = table::columns(names)?;
        let filter = " AND cityHash64(symbol, toInt32(session)) \
                      % if(session >= {recent_from:Date32}, {recent_every:UInt64}, {earlier_every:UInt64}) = 0";
        self.read(|| async {
            let mut newest = NewestRows::of(names, &|_, _| true);
            let query = self.query(&features_sql(FeatureTable::All, &table, &columns, filter));
            let query = bind(query, as_of, view_version, None)
                .param("recent_from", sampling.recent_from.to_string())
                .param("recent_every", sampling.recent_every)
                .param("earlier_every", sampling.earlier_every);
            self.blocks(query, |block| newest.take(block)).await?;
            newest.finish()
        })
        .await
    }
}

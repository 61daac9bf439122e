//! Lineage: the objects of the lake that loads consist of, as the warehouse read their commit records.

use clickhouse::Row;
use serde::Deserialize;
use weekahead_market::AsOf;

use crate::bars::AT;
use crate::{Result, Warehouse};

/// An object of a committed load.
#[derive(Debug, Clone, PartialEq, Eq, Row, Deserialize)]
pub struct LoadedObject {
    /// The load.
    pub load_id: String,
    /// What it holds: `responses`, `quotes` or `quarantine`.
    pub kind: String,
    /// Its name in the bucket.
    pub key: String,
    /// The store's digest of it, without quotes.
    pub etag: String,
    /// Its size.
    pub size_bytes: u64,
    /// Its rows (of responses: lines).
    pub rows: u64,
}

/// Loads asked about in one request: their ids have to fit into its address.
const BATCH: usize = 500;

impl Warehouse {
    /// The objects of loads that were committed by `as_of`, in order of load and key.
    ///
    /// # Errors
    /// [`Error::UnknownTable`](crate::Error::UnknownTable) before dbt ran; connection errors.
    pub async fn load_objects(&self, as_of: AsOf, load_ids: &[String]) -> Result<Vec<LoadedObject>> {
        let sql = format!(
            "SELECT load_id, tupleElement(object, 'kind') AS kind, tupleElement(object, 'key') AS key, \
             tupleElement(object, 'etag') AS etag, tupleElement(object, 'size_bytes') AS size_bytes, \
             tupleElement(object, 'rows') AS rows FROM staging.stg_loads FINAL ARRAY JOIN objects AS object \
             WHERE load_id IN {{load_ids:Array(String)}} AND ingested_at <= {AT} ORDER BY load_id, key"
        );
        let mut objects = Vec::new();
        for batch in load_ids.chunks(BATCH) {
            let query = self.query(&sql).param("as_of", as_of.as_microsecond()).param("load_ids", batch);
            objects.extend(self.rows::<LoadedObject>(query).await?);
        }
        Ok(objects)
    }
}

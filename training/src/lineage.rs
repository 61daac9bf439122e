//! What a data set was made of: the loads and the objects that its bars came from.

use serde::Serialize;
use weekahead_lake::{Lake, ObjectKind};
use weekahead_market::AsOf;
use weekahead_warehouse::Warehouse;

use crate::Result;

/// The loads behind the bars known at an instant, and their objects as the store named them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lineage {
    /// The loads, oldest first.
    pub load_ids: Vec<String>,
    /// The quote objects of those loads.
    pub objects: Vec<LineageObject>,
}

/// An object of the lake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineageObject {
    /// Its key in the bucket.
    pub key: String,
    /// Its etag when it was committed.
    pub etag: String,
}

impl Lineage {
    /// The lineage of the bars known at `as_of`.
    ///
    /// # Errors
    /// Errors of lake and warehouse.
    pub async fn read(lake: &Lake, warehouse: &Warehouse, as_of: AsOf) -> Result<Self> {
        let load_ids = warehouse.load_ids(as_of, None).await?;
        let mut objects = Vec::new();
        for record in lake.loads().await? {
            if load_ids.contains(&record.load_id.to_string()) {
                let quotes = record.objects.into_iter().filter(|object| object.kind == ObjectKind::Quotes);
                objects.extend(quotes.map(|object| LineageObject { key: object.key, etag: object.etag }));
            }
        }
        Ok(Self { load_ids, objects })
    }
}

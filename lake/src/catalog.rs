//! What the lake holds: the committed loads, and the cursors that follow from them.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use weekahead_market::{Session, Symbol};

use crate::{CommitRecord, Error, Lake, LoadId, LoadObject, ObjectInfo, Outcome, Result, keys};

/// Records read at a time.
const CONCURRENCY: usize = 16;

/// A committed object that is not as its record says: lost, cut short or replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectFault {
    /// What the record says.
    pub expected: LoadObject,
    /// What is there; `None` when nothing is.
    pub found: Option<ObjectInfo>,
}

/// How far every symbol of a source has been loaded: the latest `last_session` over the loads that got an answer.
///
/// ```
/// assert!(weekahead_lake::cursors("yahoo", &[]).is_empty());
/// ```
pub fn cursors(source: &str, loads: &[CommitRecord]) -> BTreeMap<Symbol, Session> {
    let mut cursors = BTreeMap::new();
    let symbols = loads.iter().filter(|load| load.source == source).flat_map(|load| &load.symbols);
    for entry in symbols.filter(|entry| entry.outcome != Outcome::Failed) {
        if let Some(last) = entry.last_session {
            let cursor = cursors.entry(entry.symbol.clone()).or_insert(last);
            *cursor = last.max(*cursor);
        }
    }
    cursors
}

impl Lake {
    /// Every committed load, in order of load id, which is the order in which they began.
    ///
    /// A record that was torn while it was written is no commit: it is left out with a warning.
    ///
    /// # Errors
    /// [`Error::UnknownRecord`] for a record of a later version.
    pub async fn loads(&self) -> Result<Vec<CommitRecord>> {
        let records = self.records().await?;
        let mut loads = Vec::with_capacity(records.len());
        for (key, line) in records {
            match CommitRecord::from_line(&key, &line)? {
                Some(record) => loads.push(record),
                None => tracing::warn!(key, "a torn commit record: its load is not committed"),
            }
        }
        loads.sort_by_key(|load| load.load_id);
        Ok(loads)
    }

    /// One committed load; `None` when it was not committed.
    ///
    /// # Errors
    /// [`Error::UnknownRecord`] for a record of a later version.
    pub async fn load(&self, load_id: LoadId) -> Result<Option<CommitRecord>> {
        let key = keys::commit_record(load_id);
        match self.get(&key).await {
            Ok(line) => CommitRecord::from_line(&key, &line),
            Err(Error::MissingObject { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// How far every symbol of a source has been loaded, from the committed loads.
    ///
    /// # Errors
    /// As [`loads`](Self::loads).
    pub async fn cursors(&self, source: &str) -> Result<BTreeMap<Symbol, Session>> {
        Ok(cursors(source, &self.loads().await?))
    }

    /// Looks at every object that a record names; those that are not as it says come back.
    ///
    /// # Errors
    /// As [`Error`] says.
    pub async fn verify_load(&self, load: &CommitRecord) -> Result<Vec<ObjectFault>> {
        // Owned, so that the future can be sent between threads.
        let looks = load.objects.clone().into_iter().map(async |expected| {
            let found = self.head(&expected.key).await?;
            let same = found.as_ref().is_some_and(|there| {
                there.size_bytes == expected.size_bytes && there.etag.as_ref() == Some(&expected.etag)
            });
            Ok((!same).then_some(ObjectFault { expected, found }))
        });
        let faults: Vec<Option<ObjectFault>> =
            stream::iter(looks).buffered(CONCURRENCY).try_collect().await?;
        Ok(faults.into_iter().flatten().collect())
    }

    /// The stored records as they are, in order of key.
    pub(crate) async fn records(&self) -> Result<Vec<(String, Bytes)>> {
        let found = self.list(keys::LOADS).await?;
        let named = found.into_iter().filter(|object| keys::load_id(&object.key).is_some());
        let reads = named.map(async |object| match self.get(&object.key).await {
            Ok(line) => Ok(Some((object.key, line))),
            // Collected as garbage since the listing.
            Err(Error::MissingObject { .. }) => Ok(None),
            Err(error) => Err(error),
        });
        let records: Vec<Option<(String, Bytes)>> =
            stream::iter(reads).buffered(CONCURRENCY).try_collect().await?;
        Ok(records.into_iter().flatten().collect())
    }
}

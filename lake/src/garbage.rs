//! Removing what loads left behind that never committed.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use weekahead_market::Clock;

use crate::{CommitRecord, Lake, LoadId, ObjectInfo, Result, keys};

/// What a collection found, and whether it is gone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GarbageReport {
    /// Objects of loads that never committed, and their torn commit records.
    pub objects: Vec<ObjectInfo>,
    /// Their size together.
    pub size_bytes: u64,
    /// Objects whose names are none of ours; they are left alone.
    pub foreign: Vec<String>,
    /// Whether the objects were removed (no dry run).
    pub deleted: bool,
}

impl Lake {
    /// Finds the objects under `raw/` and `quarantine/` that no commit record names, and torn commit records,
    /// of loads that began more than `older_than` ago; removes them unless `dry_run`.
    ///
    /// `older_than` must exceed the longest load: a load in progress looks like a crashed one. An hour is generous. Age
    /// counts from the load's id and from the store's own time of writing, so that a load that lives at a virtual
    /// clock is not taken for an old one.
    ///
    /// # Errors
    /// [`crate::Error::UnknownRecord`] when a record cannot be read: what it names might be needed, so that
    /// nothing is removed.
    pub async fn collect_garbage(
        &self,
        older_than: SignedDuration,
        clock: &dyn Clock,
        dry_run: bool,
    ) -> Result<GarbageReport> {
        let now = clock.now();
        let old = |id: LoadId, object: &ObjectInfo| {
            // A time of writing ahead of the clock says that the clock is a virtual one.
            let written = object.modified.filter(|at| *at <= now).unwrap_or(Timestamp::MIN);
            now.duration_since(id.started_at().max(written)) > older_than
        };
        // Objects before records: a load that commits between the two listings is then seen as committed.
        let mut found = self.list(keys::RAW).await?;
        found.extend(self.list(keys::QUARANTINE).await?);
        let (committed, torn) = self.committed_keys().await?;
        let mut report = GarbageReport { deleted: !dry_run, ..GarbageReport::default() };
        // Torn records go first, so that no record ever names an object that is gone.
        for object in torn.into_iter().chain(found) {
            match keys::load_id(&object.key) {
                None => report.foreign.push(object.key),
                Some(id) if old(id, &object) && !committed.contains(&object.key) => {
                    report.objects.push(object)
                }
                Some(_) => {}
            }
        }
        report.size_bytes = report.objects.iter().map(|object| object.size_bytes).sum();
        if !dry_run {
            self.delete_all(&report.objects).await?;
        }
        Ok(report)
    }

    /// The names of all committed objects, and the records that were torn.
    async fn committed_keys(&self) -> Result<(HashSet<String>, Vec<ObjectInfo>)> {
        let (mut committed, mut torn) = (HashSet::new(), Vec::new());
        for (key, line) in self.records().await? {
            match CommitRecord::from_line(&key, &line)? {
                Some(record) => committed.extend(record.objects.into_iter().map(|object| object.key)),
                None => {
                    torn.push(ObjectInfo { key, etag: None, size_bytes: line.len() as u64, modified: None })
                }
            }
        }
        Ok((committed, torn))
    }

    async fn delete_all(&self, objects: &[ObjectInfo]) -> Result<()> {
        for object in objects {
            self.delete(&object.key).await?;
            tracing::info!(key = object.key, "removed an object that no load committed");
        }
        Ok(())
    }
}

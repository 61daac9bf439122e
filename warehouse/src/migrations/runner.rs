//! Going up to the latest schema, and back down.

use std::collections::BTreeMap;

use super::catalog::{LEDGER, MIGRATIONS};
use super::ledger::Applied;
use crate::{Error, LakeLocation, Result, Warehouse};

impl Warehouse {
    /// Brings the schema to this program's version, tells the server where the lake is, and returns the names of what
    /// was applied. A migration that broke off is repeated whole: its statements bear it.
    ///
    /// # Errors
    /// [`Error::MigrationChanged`] and [`Error::MigrationUnknown`] before anything is done;
    /// [`Error::AccessDenied`] for a user without the grants; connection errors.
    pub async fn migrate(&self, lake: &LakeLocation) -> Result<Vec<String>> {
        let applied = self.applied_migrations().await?;
        check(&applied)?;
        self.execute_all(LEDGER).await?;
        let mut done = Vec::new();
        for migration in MIGRATIONS.iter().filter(|migration| !applied.contains_key(&migration.version)) {
            self.execute_all(migration.up).await?;
            self.record_migration(migration, true).await?;
            tracing::info!(migration = migration.name, "applied");
            done.push(migration.name.to_owned());
        }
        self.point_at_lake(lake).await?;
        Ok(done)
    }

    /// Takes the schema back to a version, with the data of what is dropped, and returns the names of what was undone;
    /// version 0 leaves only the record of migrations.
    ///
    /// # Errors
    /// As [`migrate`](Self::migrate).
    pub async fn rollback(&self, to: u32) -> Result<Vec<String>> {
        let applied = self.applied_migrations().await?;
        check(&applied)?;
        let mut undone = Vec::new();
        let above = |version: u32| version > to && applied.contains_key(&version);
        for migration in MIGRATIONS.iter().rev().filter(|migration| above(migration.version)) {
            self.execute_all(migration.down).await?;
            self.record_migration(migration, false).await?;
            tracing::info!(migration = migration.name, "undone");
            undone.push(migration.name.to_owned());
        }
        if to == 0 {
            self.forget_lake().await?;
        }
        Ok(undone)
    }

    async fn execute_all(&self, template: &str) -> Result<()> {
        for statement in self.topology.statements(template) {
            self.execute(&statement).await?;
        }
        Ok(())
    }
}

fn check(applied: &BTreeMap<u32, Applied>) -> Result<()> {
    let changed = MIGRATIONS.iter().find(|migration| {
        applied.get(&migration.version).is_some_and(|record| record.checksum != migration.checksum())
    });
    changed.map_or(Ok(()), |migration| Err(Error::MigrationChanged { name: migration.name.to_owned() }))
}

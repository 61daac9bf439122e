//! The record of applied migrations: `ops.schema_migrations`, one row a state, the last of a version counts.

use std::collections::BTreeMap;

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use super::catalog::{MIGRATIONS, Migration};
use crate::{Error, Result, Warehouse};

/// Whether a migration is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Its number.
    pub version: u32,
    /// Its name, as `NNNN_name`.
    pub name: String,
    /// Whether the warehouse has it.
    pub applied: bool,
    /// Whether what was applied differs from this program's file.
    pub changed: bool,
}

/// An applied migration as it was recorded.
#[derive(Row, Deserialize)]
pub(super) struct Applied {
    pub(super) version: u32,
    pub(super) name: String,
    pub(super) checksum: String,
}

#[derive(Row, Serialize, Deserialize)]
struct Entry {
    version: u32,
    name: String,
    checksum: String,
    applied: bool,
    sequence: u64,
}

impl Warehouse {
    /// Every migration of this program, and whether the warehouse has it.
    ///
    /// # Errors
    /// [`Error::MigrationUnknown`] when a newer program was here; connection errors.
    pub async fn migration_status(&self) -> Result<Vec<MigrationStatus>> {
        let applied = self.applied_migrations().await?;
        let status = |migration: &Migration| {
            let record = applied.get(&migration.version);
            MigrationStatus {
                version: migration.version,
                name: migration.name.to_owned(),
                applied: record.is_some(),
                changed: record.is_some_and(|record| record.checksum != migration.checksum()),
            }
        };
        Ok(MIGRATIONS.iter().map(status).collect())
    }

    /// What is applied, by version. Nothing, when there is no record yet.
    pub(super) async fn applied_migrations(&self) -> Result<BTreeMap<u32, Applied>> {
        let query =
            self.query("SELECT ?fields FROM ops.schema_migrations FINAL WHERE applied ORDER BY version");
        let rows = match self.rows::<Applied>(query).await {
            Err(Error::UnknownTable { .. }) => Vec::new(),
            rows => rows?,
        };
        let ours = |version: u32| MIGRATIONS.iter().any(|migration| migration.version == version);
        if let Some(row) = rows.iter().find(|row| !ours(row.version)) {
            return Err(Error::MigrationUnknown { name: row.name.clone() });
        }
        Ok(rows.into_iter().map(|row| (row.version, row)).collect())
    }

    pub(super) async fn record_migration(&self, migration: &Migration, applied: bool) -> Result<()> {
        let last = self.query("SELECT max(sequence) FROM ops.schema_migrations");
        let last: Vec<u64> = self.rows(last).await?;
        let entry = Entry {
            version: migration.version,
            name: migration.name.to_owned(),
            checksum: migration.checksum(),
            applied,
            sequence: last.first().copied().unwrap_or(0) + 1,
        };
        self.insert("ops", "schema_migrations", &[entry]).await
    }
}

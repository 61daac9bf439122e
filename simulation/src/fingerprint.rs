//! What a platform holds, as one hash a table.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use weekahead_warehouse::{TableShape, Warehouse};

use crate::Result;

/// Databases whose tables are hashed.
const DATABASES: [&str; 5] = ["staging", "marts", "features", "forecasts", "ops"];

/// Tables that tell of loads, runs and builds: faults leave their traces there, as they should.
const OF_RUNS: [(&str, &[&str]); 3] = [
    ("staging", &["stg_loads", "stg_bars"]),
    (
        "ops",
        &["loads", "pipeline_runs", "dbt_results", "schedule_runs", "schedule_leases", "schema_migrations"],
    ),
    (
        "marts",
        &["pipeline_health", "pipeline_loads", "pipeline_steps", "dbt_results", "dbt_runs", "freshness"],
    ),
];

/// Columns that differ between any two runs: names given by lot, our own clocks, addresses.
const BY_LOT: [&str; 8] =
    ["load_id", "load_ids", "run_id", "run_url", "ingested_at", "last_load_id", "tracker_url", "decided_by"];

/// The hash of each table, by `database.table`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Rows and hash.
    pub tables: BTreeMap<String, Held>,
}

/// What a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// How many rows.
    pub rows: u64,
    /// A hash of them that does not depend on their order.
    pub hash: u64,
}

impl Fingerprint {
    /// Hashes every table that faults must leave as it is.
    ///
    /// Marts are sums over rows that may be added in another order: their floats count to single precision, all others to
    /// the last bit.
    ///
    /// # Errors
    /// [`crate::Error::Warehouse`].
    pub async fn of(warehouse: &Warehouse) -> Result<Self> {
        let mut tables = BTreeMap::new();
        for database in DATABASES {
            for table in warehouse.table_shapes(database).await? {
                if is_of_runs(database, &table) {
                    continue;
                }
                let columns: Vec<&str> =
                    table.columns.iter().map(String::as_str).filter(|name| !BY_LOT.contains(name)).collect();
                let digest = match database {
                    "marts" => warehouse.rounded_digest(database, &table.name, &columns).await?,
                    _ => warehouse.table_digest(database, &table.name, &columns).await?,
                };
                tables.insert(
                    format!("{database}.{}", table.name),
                    Held { rows: digest.rows, hash: digest.hash },
                );
            }
        }
        Ok(Self { tables })
    }

    /// One number for all of them.
    pub fn hash(&self) -> u64 {
        // FNV-1a: the same on every machine and in every version.
        let told =
            self.tables.iter().map(|(name, held)| format!("{name} {} {:016x}\n", held.rows, held.hash));
        told.flat_map(String::into_bytes)
            .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    }

    /// The tables that another platform holds otherwise, or not at all.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let names = self.tables.keys().chain(other.tables.keys());
        let mut differing: Vec<String> =
            names.filter(|name| self.tables.get(*name) != other.tables.get(*name)).cloned().collect();
        differing.sort();
        differing.dedup();
        differing
    }
}

fn is_of_runs(database: &str, table: &TableShape) -> bool {
    OF_RUNS.iter().any(|(of, names)| *of == database && names.contains(&table.name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_platforms_are_compared_table_by_table() {
        let of = |tables: &[(&str, u64)]| Fingerprint {
            tables: tables
                .iter()
                .map(|(name, hash)| ((*name).to_owned(), Held { rows: 1, hash: *hash }))
                .collect(),
        };
        let one = of(&[("marts.bars", 1), ("ops.promotions", 2)]);
        assert_eq!(one.hash(), of(&[("ops.promotions", 2), ("marts.bars", 1)]).hash());
        assert!(one.differences(&one).is_empty());
        let other = of(&[("marts.bars", 3), ("marts.prices", 1), ("ops.promotions", 2)]);
        assert_ne!(one.hash(), other.hash());
        assert_eq!(one.differences(&other), ["marts.bars", "marts.prices"]);
    }
}

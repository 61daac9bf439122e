//! The migrations of this program.

use sha2::{Digest, Sha256};

/// One step of the schema, forth and back.
pub(super) struct Migration {
    pub(super) version: u32,
    pub(super) name: &'static str,
    pub(super) up: &'static str,
    pub(super) down: &'static str,
}

/// Every step, in order.
pub(super) const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "0001_databases",
        up: include_str!("../../migrations/0001_databases.up.sql"),
        down: include_str!("../../migrations/0001_databases.down.sql"),
    },
    Migration {
        version: 2,
        name: "0002_forecasts",
        up: include_str!("../../migrations/0002_forecasts.up.sql"),
        down: include_str!("../../migrations/0002_forecasts.down.sql"),
    },
    Migration {
        version: 3,
        name: "0003_backtests",
        up: include_str!("../../migrations/0003_backtests.up.sql"),
        down: include_str!("../../migrations/0003_backtests.down.sql"),
    },
    Migration {
        version: 4,
        name: "0004_promotions",
        up: include_str!("../../migrations/0004_promotions.up.sql"),
        down: include_str!("../../migrations/0004_promotions.down.sql"),
    },
    Migration {
        version: 5,
        name: "0005_pipeline_runs",
        up: include_str!("../../migrations/0005_pipeline_runs.up.sql"),
        down: include_str!("../../migrations/0005_pipeline_runs.down.sql"),
    },
    Migration {
        version: 6,
        name: "0006_materialized",
        up: include_str!("../../migrations/0006_materialized.up.sql"),
        down: include_str!("../../migrations/0006_materialized.down.sql"),
    },
    Migration {
        version: 7,
        name: "0007_feature_stats",
        up: include_str!("../../migrations/0007_feature_stats.up.sql"),
        down: include_str!("../../migrations/0007_feature_stats.down.sql"),
    },
    Migration {
        version: 8,
        name: "0008_adaptive_intervals",
        up: include_str!("../../migrations/0008_adaptive_intervals.up.sql"),
        down: include_str!("../../migrations/0008_adaptive_intervals.down.sql"),
    },
    Migration {
        version: 9,
        name: "0009_shadow_forecasts",
        up: include_str!("../../migrations/0009_shadow_forecasts.up.sql"),
        down: include_str!("../../migrations/0009_shadow_forecasts.down.sql"),
    },
    Migration {
        version: 10,
        name: "0010_recent_features",
        up: include_str!("../../migrations/0010_recent_features.up.sql"),
        down: include_str!("../../migrations/0010_recent_features.down.sql"),
    },
    Migration {
        version: 11,
        name: "0011_dbt_results",
        up: include_str!("../../migrations/0011_dbt_results.up.sql"),
        down: include_str!("../../migrations/0011_dbt_results.down.sql"),
    },
    Migration {
        version: 12,
        name: "0012_schedules",
        up: include_str!("../../migrations/0012_schedules.up.sql"),
        down: include_str!("../../migrations/0012_schedules.down.sql"),
    },
];

/// The version of the schema that this program works with.
pub const LATEST_MIGRATION: u32 = MIGRATIONS[MIGRATIONS.len() - 1].version;

/// What makes the record of applied migrations.
pub(super) const LEDGER: &str = include_str!("../../migrations/ledger.sql");

impl Migration {
    /// SHA-256 over both directions as they are in the files, so that it is the same on one server and on a cluster.
    pub(super) fn checksum(&self) -> String {
        let mut hasher = Sha256::new();
        for text in [self.up, self.down] {
            hasher.update(text.replace("\r\n", "\n"));
            hasher.update([0]);
        }
        hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::Topology;

    fn rendered(cluster: Option<&str>) -> String {
        let topology = Topology::new(cluster.map(str::to_owned));
        let mut text = topology.statements(LEDGER).join(";\n");
        for migration in MIGRATIONS {
            let up = topology.statements(migration.up).join(";\n");
            let down = topology.statements(migration.down).join(";\n");
            text.push_str(&format!("\n\n-- {} up\n{up}\n\n-- down\n{down}", migration.name));
        }
        text
    }

    #[test]
    fn versions_count_up_and_begin_the_names() {
        for (at, migration) in MIGRATIONS.iter().enumerate() {
            assert_eq!(migration.version as usize, at + 1);
            assert!(migration.name.starts_with(&format!("{:04}_", migration.version)));
        }
    }

    #[test]
    fn the_schema_of_one_server() {
        insta::assert_snapshot!(rendered(None));
    }

    #[test]
    fn the_schema_of_a_cluster() {
        insta::assert_snapshot!(rendered(Some("week")));
    }
}

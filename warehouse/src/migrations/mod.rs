//! The schema that we own, in numbered steps: `warehouse/migrations/NNNN_name.{up,down}.sql`.

mod catalog;
mod lake_collection;
mod ledger;
mod runner;

pub use catalog::LATEST_MIGRATION;
pub use ledger::MigrationStatus;

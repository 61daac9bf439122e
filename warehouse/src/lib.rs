//! The warehouse: the only crate that talks ClickHouse.
//!
//! It speaks the ClickHouse HTTP interface, to the embedded engine or to any ClickHouse server or cluster by
//! URL. One file a resource: [`bars`](Warehouse::bars), [`features`](Warehouse::features),
//! [`forecasts`](Warehouse::forecasts), [`backtests`](Warehouse::backtests),
//! [`promotions`](Warehouse::promotions), [`pipeline_runs`](Warehouse::pipeline_runs),
//! [`schedule_runs`](Warehouse::schedule_runs), [`lease_claims`](Warehouse::lease_claims) and
//! [`load_ids`](Warehouse::load_ids).
//!
//! Every read says where it stands: it takes an [`AsOf`](weekahead_market::AsOf) and returns only what was
//! known by then. Every write may be repeated: the same rows twice are one row.

mod accuracy;
mod backtests;
mod bar_histories;
mod bars;
mod client;
mod closes;
mod config;
mod error;
mod feature_stats;
mod features;
mod forecast_moments;
mod forecast_pages;
mod forecasts;
mod known;
mod leaderboard;
mod load_objects;
mod loads;
mod migrations;
mod native;
mod outcomes;
mod pipeline_runs;
mod promotions;
mod schedule_leases;
mod schedule_runs;
mod served_quantiles;
mod sql;
mod symbols;
mod tables;
mod transport;

pub use accuracy::{Accuracy, AccuracyBy, AccuracyFilter};
pub use backtests::BacktestRow;
pub use bar_histories::BarHistory;
pub use bars::{BARS_TABLE, BarVersion};
pub use client::Warehouse;
pub use config::{LakeLocation, WarehouseConfig};
pub use error::Error;
pub use feature_stats::FeatureStats;
pub use features::{
    Coverage, Entities, FeatureColumns, FeatureExtent, FeatureKey, FeatureRow, FeatureRows, FeatureTable,
    Joined, Materialized, RecomputedFeatures, Sampling, SessionRange,
};
pub use forecast_moments::{ForecastMoments, Moments};
pub use forecast_pages::ForecastPlace;
pub use forecasts::{ForecastFilter, ForecastRow, IntervalRecord, WriteCounts, forecast_id};
pub use leaderboard::LeaderboardRow;
pub use load_objects::LoadedObject;
pub use migrations::{LATEST_MIGRATION, MigrationStatus};
pub use outcomes::Outcome;
pub use pipeline_runs::PipelineRun;
pub use promotions::PromotionRow;
pub use schedule_leases::{LeaseClaim, LeaseEvent};
pub use schedule_runs::{ScheduleRun, ScheduleRunFilter, ScheduleStatus};
pub use served_quantiles::ServedQuantiles;
pub use symbols::SymbolExtent;
pub use tables::{TableDigest, TableShape};

/// The result of everything fallible in this crate.
pub type Result<T> = std::result::Result<T, Error>;

//! From features to a champion: datasets, folds, evaluation, experiments, promotion.

mod artifact;
mod backtest;
mod closes;
mod dataset;
mod disk;
mod error;
pub mod evaluation;
mod fixed;
mod fold_store;
mod importance;
mod imports;
mod lineage;
mod outline;
mod pending;
mod plan;
pub mod plots;
mod recording;
pub mod registry;
pub mod report;
mod session;

pub use artifact::{Artifact, export};
pub use backtest::{Backtest, Fitted, FoldForecasts, backtest, fit_on_all, folds};
pub use closes::CloseHistory;
pub use dataset::{Dataset, RowKey};
pub use error::Error;
pub use fold_store::FoldStore;
pub use importance::{Importance, Predict, ShuffledRows, permutation_importance};
pub use imports::{Import, ImportStore, Stored};
pub use lineage::Lineage;
pub use outline::{FoldOutline, Outline};
pub use plan::{ExperimentPlan, IntervalMethod, PlanSettings};
pub use session::{Exclusion, LeaderboardRow, OpenRuns, Progress, Session, TrainingReport};

/// The result of everything fallible in this crate.
pub type Result<T> = std::result::Result<T, Error>;

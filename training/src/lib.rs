//! From features to a champion: datasets, folds, evaluation, experiments, promotion.

mod artifact;
mod backtest;
mod dataset;
mod disk;
mod error;
pub mod evaluation;
mod fold_store;
mod lineage;
mod outline;
mod pending;
mod plan;
mod plots;
mod recording;
mod session;

pub use artifact::{Artifact, export};
pub use backtest::{Backtest, Fitted, FoldForecasts, backtest, fit_on_all, folds};
pub use dataset::{Dataset, RowKey};
pub use error::Error;
pub use fold_store::FoldStore;
pub use lineage::Lineage;
pub use outline::{FoldOutline, Outline};
pub use plan::{ExperimentPlan, PlanSettings};
pub use session::{Exclusion, LeaderboardRow, OpenRuns, Progress, Session, TrainingReport};

/// The result of everything fallible in this crate.
pub type Result<T> = std::result::Result<T, Error>;

//! From features to a champion: datasets, folds, evaluation, experiments, promotion.

mod artifact;
mod backtest;
mod dataset;
mod error;
pub mod evaluation;
mod lineage;
mod outline;
mod plan;
mod plots;
mod recording;
pub mod registry;
mod session;

pub use artifact::{Artifact, export};
pub use backtest::{Backtest, Fitted, backtest, fit_on_all, folds};
pub use dataset::{Dataset, RowKey};
pub use error::Error;
pub use lineage::Lineage;
pub use outline::{FoldOutline, Outline};
pub use plan::{ExperimentPlan, PlanSettings};
pub use session::{LeaderboardRow, Progress, Session, TrainingReport};

/// The result of everything fallible in this crate.
pub type Result<T> = std::result::Result<T, Error>;

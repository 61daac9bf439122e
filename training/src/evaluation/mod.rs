//! How good is a forecaster, and is it better than another: folds, metrics, significance, promotion.
//!
//! Pure functions of numbers and sessions; nothing here reads or writes.

mod breakdown;
mod comparison;
mod deflation;
mod folds;
mod losses;
mod metrics;
mod newey_west;
mod pooled;
mod promotion;
mod rank;
mod reason;
mod regime;
mod significance;

pub use breakdown::{Group, by_regime, by_symbol};
pub use comparison::{Comparison, check_shared};
pub use deflation::{SkillRatio, deflated_benchmark, expected_maximum};
pub use folds::{CalibrationSplit, Fold, FoldPlan, Window};
pub use losses::{LossKind, LossSeries, loss_series};
pub use metrics::{
    Metrics, ScoredRows, coverage, directional_accuracy, evaluate, interval_width, mae, mase, pinball, rmse,
    smape,
};
pub use newey_west::{MeanError, newey_west_lag, newey_west_mean};
pub use pooled::PooledErrors;
pub use promotion::{Candidate, Decision, Policy, check_evidence, decide};
pub use rank::{RankIc, rank_ic, rank_ic_series, spearman};
pub use regime::{Regime, expanding_regimes};
pub use significance::{DieboldMariano, diebold_mariano, holm, overlap_lag};

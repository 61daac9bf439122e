//! How good is a forecaster, and is it better than another: folds, metrics, significance, promotion.
//!
//! Pure functions of numbers and sessions; nothing here reads or writes.

mod folds;
mod losses;
mod metrics;
mod promotion;
mod rank;
mod significance;

pub use folds::{CalibrationSplit, Fold, FoldPlan, Window};
pub use losses::{LossKind, LossSeries, loss_series};
pub use metrics::{
    Metrics, ScoredRows, coverage, directional_accuracy, evaluate, interval_width, mae, mase, pinball, rmse,
    smape,
};
pub use promotion::{Candidate, Comparison, Decision, Policy, decide};
pub use rank::{RankIc, rank_ic, spearman};
pub use significance::{DieboldMariano, diebold_mariano, holm, overlap_lag};

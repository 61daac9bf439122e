//! Regression trees on binned features: forests and gradient boosting.
//!
//! One learner for all of them: features become bytes ([`bins`]), gradients become integers ([`pairs`]), a node is summed
//! into histograms ([`histogram`]), the best split is read from them ([`split`]), and leaves are opened best first
//! ([`grow`]). Sums of integers are the same in any order, so a model is the same on any number of cores.

mod bins;
mod boosting;
mod forest;
mod grow;
mod histogram;
mod pairs;
mod split;
mod tree;
mod tree_model;

pub use boosting::{BoostingLoss, BoostingSpec, GradientBoosting};
pub use forest::{ExtraTrees, ForestSpec, RandomForest};
pub(crate) use tree::Node;
pub use tree_model::TreeModel;

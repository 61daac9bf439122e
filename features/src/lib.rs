//! Features: one line of text each, the same value in training and in serving.
//!
//! A feature is a name and an [expression](expr) in the style of Qlib; a [`View`] is a named list of them.
//! Streaming [kernels](kernel) compute a view one bar at a time ([`ViewState`]), and [`compute`] folds the very
//! same kernels over a series, so that the two cannot differ. Nothing here does I/O, and nothing can look ahead:
//! the one door to the future is [`targets`]. The same views are also [`sql`], for a second opinion.

mod across;
mod adjust;
mod batch;
mod cost;
mod cross_section;
mod error;
mod executor;
pub mod expr;
pub mod kernel;
mod matrix;
mod nearest;
pub mod online;
mod plan;
pub mod sql;
pub mod stats;
mod stream;
mod target;
mod view;
mod view_file;

pub use adjust::{Adjuster, Factors};
pub use batch::{compute, compute_panel};
pub use cost::FeatureCost;
pub use error::Error;
pub use matrix::FeatureMatrix;
pub use nearest::nearest;
pub use stream::ViewState;
pub use target::{STOPPED_AFTER_SESSIONS, Target, TradedSessions, targets, targets_of};
pub use view::{Feature, View};

/// The result of everything fallible in this crate.
pub type Result<T> = std::result::Result<T, Error>;

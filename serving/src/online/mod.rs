//! The newest features of the universe in memory: loaded from the warehouse's bars, kept fresh, read without the warehouse.
//!
//! `features` is what is read, `refresh` how it follows the bars, `change` what a symbol needs, `keep_fresh` the task that
//! goes on with it.
//!
//! Invariant: after a refresh, every row is bit for bit what a build of the view from the same bars writes.

mod change;
mod features;
mod keep_fresh;
mod refresh;

pub use features::{OnlineFeatures, OnlineFreshness, OnlineRow};
pub use keep_fresh::keep_fresh;
pub use refresh::Refreshed;

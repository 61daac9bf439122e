//! Stored features beside those that the warehouse computes itself.

mod difference;
mod run;

pub use difference::{Difference, FeatureComparison, Place};
pub use run::{CompareReport, compare_view};

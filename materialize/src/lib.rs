//! From committed loads to feature views: runs dbt, then folds the feature kernels over the bars it built.
//!
//! Invariant: the only writer of feature tables. Building twice changes nothing: what is already there for a
//! symbol, a session and a knowledge time is left alone.

mod compare;
mod dbt;
mod error;
mod views;

pub use compare::{CompareReport, Difference, FeatureComparison, Place, compare_view};
pub use dbt::{Dbt, DbtNode, DbtProgress, DbtReport};
pub use error::Error;
pub use views::{BuildReport, build_view};

/// The result of everything fallible in this crate.
pub type Result<T> = std::result::Result<T, Error>;

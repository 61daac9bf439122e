//! From committed loads to feature views: runs dbt, then folds the feature kernels over the bars it built.
//!
//! Invariant: the only writer of feature tables. Building twice changes nothing: what is already there for a
//! symbol, a session and a knowledge time is left alone.
//!
//! And back out again: [`retrieve`] gives the rows of a file the features that were known where each stands.

mod compare;
mod dbt;
mod error;
mod retrieval;
mod views;

pub use compare::{CompareReport, Difference, FeatureComparison, Place, compare_view};
pub use dbt::{Dbt, DbtNode, DbtProgress, DbtReport};
pub use error::Error;
pub use retrieval::{Retrieval, Selection, Unmatched, retrieve};
pub use views::{BuildReport, build_view};

/// The result of everything fallible in this crate.
pub type Result<T> = std::result::Result<T, Error>;

//! From committed loads to feature views: runs dbt, then folds the feature kernels over the bars it built.
//!
//! Invariant: the only writer of feature tables. Rows follow from the bars alone, so building twice, or in another order,
//! changes nothing: what is already there is left alone.
//!
//! A [`Build`] plans (which symbols have changed, by digests that the warehouse sums up), then computes and writes a
//! group of symbols at a time: the rows that follow from their bars, less those that are stored. And back out again:
//! [`retrieve`] gives the rows of a file the features that were known where each stands.

mod build;
mod compare;
mod dbt;
mod error;
mod group;
mod plan;
mod reconcile;
mod replay;
mod retrieval;
mod stats;

pub use build::{Build, BuildProgress, BuildReport};
pub use compare::{CompareReport, Difference, FeatureComparison, Place, compare_view};
pub use dbt::{Dbt, DbtNode, DbtProgress, DbtReport, WarmDbt};
pub use error::Error;
pub use retrieval::{Retrieval, Selection, Unmatched, retrieve};

/// The result of everything fallible in this crate.
pub type Result<T> = std::result::Result<T, Error>;

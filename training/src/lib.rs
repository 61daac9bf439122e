//! From features to a champion: datasets, folds, evaluation, experiments, promotion.

mod error;
pub mod evaluation;

pub use error::Error;

/// The result of everything fallible in this crate.
pub type Result<T> = std::result::Result<T, Error>;

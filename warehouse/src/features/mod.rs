//! Feature views: one wide table a view, a `Float32` column a feature, versioned by knowledge time.

mod keys;
mod read;
mod recompute;
mod rows;
mod table;
mod write;

pub use keys::{FeatureKey, FeatureKeys};
pub use read::SessionRange;
pub use recompute::RecomputedFeatures;
pub use rows::FeatureRows;
pub use write::FeatureRow;

//! Feature views: one wide table a view, a `Float32` column a feature, versioned by knowledge time.

mod keys;
mod point_in_time;
mod read;
mod recompute;
mod rows;
mod table;
mod write;

pub use keys::{FeatureKey, FeatureKeys};
pub use point_in_time::{Entities, Joined};
pub use read::SessionRange;
pub use recompute::RecomputedFeatures;
pub use rows::FeatureRows;
pub use write::FeatureRow;

//! Feature views: one wide table a view, a `Float32` column a feature, versioned by knowledge time.

mod columns;
mod keys;
mod materialized;
mod native_rows;
mod newest;
mod point_in_time;
mod read;
mod recompute;
mod rows;
mod sample;
mod table;
mod write;

pub use columns::FeatureColumns;
pub use keys::FeatureKey;
pub use materialized::{Coverage, Materialized};
pub use point_in_time::{Entities, Joined};
pub(crate) use read::KNOWN;
pub use read::SessionRange;
pub use recompute::RecomputedFeatures;
pub use rows::FeatureRows;
pub use sample::{FeatureExtent, Sampling};
pub use table::FeatureTable;
pub use write::FeatureRow;

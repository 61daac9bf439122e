//! Feature views: one wide table a view, a `Float32` column a feature, versioned by knowledge time.

mod columns;
mod keys;
mod materialized;
mod native_rows;
mod read;
mod rows;
mod table;
mod write;

pub use columns::FeatureColumns;
pub use keys::FeatureKey;
pub use materialized::{Coverage, Materialized};
pub use read::SessionRange;
pub use rows::FeatureRows;
pub use write::FeatureRow;

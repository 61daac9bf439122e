//! Feature views: one wide table a view, a `Float32` column a feature, versioned by knowledge time.

mod point_in_time;
mod read;
mod rows;
mod table;
mod write;

pub use point_in_time::{Entities, Joined};
pub use read::SessionRange;
pub use rows::FeatureRows;
pub use write::FeatureRow;

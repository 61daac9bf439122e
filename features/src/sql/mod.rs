//! A view as one ClickHouse `SELECT`: the second executor of the same definitions.
//!
//! It shares nothing with the kernels but the expression tree, and computes every window anew from its rows by other
//! algorithms, so that the two can be held against each other; it also runs where the data is. Pure text: whoever has
//! a connection runs it.

mod adjust;
mod level;
mod model;
mod nodes;
mod pointwise;
mod select;
mod window;

pub use model::dbt_model;
pub use select::select;

//! What the features crate promises: nothing looks ahead, nothing drifts, streaming and batch are one.

mod expressions;
mod invariance;
mod kernels;
mod missing;
mod series;
mod streaming;
mod target_values;
mod truncation;
mod views;

//! What the features crate promises: nothing looks ahead, nothing drifts, streaming and batch are one.

#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up should fail there")]

mod cross_section;
mod expressions;
mod golden;
mod invariance;
mod kernels;
mod missing;
mod online;
mod series;
mod streaming;
mod target_values;
mod truncation;
mod views;

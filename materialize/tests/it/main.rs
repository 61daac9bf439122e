//! Builds against the real engine.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod answers;
mod interrupted;
mod point_in_time;
mod poison;
mod poisoned;
mod provider;
mod repeated;
mod scope;
mod statistics;
mod support;

//! Features of now: the newest row of every symbol in memory, brought forward one bar at a time.
//!
//! Invariant: what a push yields is bit for bit what a batch over the same bars yields; a saved store goes on as if it had
//! never stopped.

mod freshness;
mod saved;
mod store;

pub use freshness::Freshness;
pub use store::{Latest, OnlineStore};

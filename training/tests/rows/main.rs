//! Rows as they were: who traded at an origin, what was known of it, and when its target was known.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking, in its support functions too")]

mod closes;
mod joining;
#[path = "../support/market.rs"]
mod market;

//! Rules at known dates, what is due, and the lease and the runs against the real engine (nextest runs a process a test).
#![expect(clippy::unwrap_used, reason = "a test's set-up may panic")]

#[path = "../../../warehouse/tests/support/engine.rs"]
mod engine;
mod lease;
mod order;
mod planning;
mod rules;
mod running;
mod support;

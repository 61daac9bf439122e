//! The warehouse against the real engine. One test = one process = one engine (nextest runs them so).
#![expect(clippy::unwrap_used, reason = "a test's set-up may panic")]

mod access;
mod bars;
#[path = "../support/engine.rs"]
mod engine;
mod features;
mod forecasts;
mod migrations;
mod point_in_time;
mod records;
mod schedules;
mod support;

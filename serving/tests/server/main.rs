//! The server as its clients meet it, whatever they ask for: names, limits, keys, TLS, the stop. No store is there.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod access_log;
mod away;
#[path = "../support/collector.rs"]
mod collector;
mod draining;
mod keys;
#[path = "../support/libonnxruntime.rs"]
mod libonnxruntime;
mod limits;
mod metrics;
mod tls;
mod traces;

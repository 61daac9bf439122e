//! The API and the online features against the real engine.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod bars;
#[expect(dead_code, reason = "the tests of the server ask it for more")]
#[path = "../support/collector.rs"]
mod collector;
mod http;
#[path = "../support/libonnxruntime.rs"]
mod libonnxruntime;
mod online;
mod present;
mod protocols;
#[path = "../support/registry.rs"]
mod registry;
#[path = "../support/ridge.rs"]
mod ridge;
mod stored;
#[expect(dead_code, reason = "the builds that share it have more to tell")]
#[path = "../../../materialize/tests/it/support.rs"]
mod support;

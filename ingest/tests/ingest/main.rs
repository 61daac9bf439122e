//! Ingest against the replay provider and the embedded lake.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod answers;
mod faults;
mod incremental;
mod properties;
mod sample;
mod splits;
mod world;

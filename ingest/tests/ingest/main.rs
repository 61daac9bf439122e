//! Ingest against the replay provider and the embedded lake.

mod answers;
mod faults;
mod incremental;
mod properties;
mod sample;
mod splits;
mod world;

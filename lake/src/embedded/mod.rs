//! An S3 endpoint over a directory, so that nothing needs to be installed: `s3s-fs` behind a signature check.
//!
//! Invariant: it listens on loopback only, and one process at a time serves a directory.
//!
//! What it does not do: versions, tags, life cycles, encryption, conditional puts that hold under a race, `fsync`.
//! A listing walks the whole bucket whatever its prefix. Object names stay under about 130 characters, since the
//! directory keeps their attributes in files named after them. For more than a machine's own lake use a real store.

mod config;
mod lock;
mod serve;

pub use config::EmbeddedConfig;
pub use serve::{EmbeddedHandle, serve};

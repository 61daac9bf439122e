//! The lake: the one crate that talks S3.
//!
//! Everything that providers say is kept here, in a bucket, before anything else looks at it. What enters
//! together is a *load*: a few objects under names nobody else can take, then one commit record that names
//! them all. [`Lake`] is the client, [`LoadWriter`] writes a load, [`CommitRecord`] is what readers go by,
//! [`embedded`] serves the same protocol over a directory so that nothing needs to be installed.
//!
//! Invariant: a load's objects are written first, under names that contain its load id; its commit record
//! `loads/<load_id>.json` is written last, in one put. A crash at any point leaves nothing visible or a whole
//! load.
//!
//! Invariant: readers take only committed loads. An object that no commit record names does not exist for
//! them, and neither does a record that was torn in the middle.
//!
//! Invariant: nothing depends on conditional puts, on the order of a listing or on a lock. Two ingests at the
//! same time both commit; the same bar twice is one version downstream.
//!
//! Invariant: no object is ever overwritten. Cursors are not stored: they are what the committed loads say.
//!
//! # Durability
//! A put that was acknowledged is as durable as the store makes it. AWS S3 keeps it. The embedded endpoint
//! writes to a temporary file and renames it: a killed process loses nothing that was acknowledged and leaves
//! no half object, but it does not call `fsync`, so that a power cut may lose or empty the last few seconds'
//! files. [`Lake::verify_load`] finds a committed load that suffered so.

mod catalog;
mod client;
mod config;
pub mod embedded;
mod error;
mod garbage;
mod instant;
pub mod keys;
mod load;
mod load_id;
pub mod quotes;
mod record;
mod transfer;

pub use catalog::{ObjectFault, cursors};
pub use client::{Lake, ObjectInfo, ObjectRef};
pub use config::LakeConfig;
pub use error::Error;
pub use garbage::GarbageReport;
pub use load::{LoadSummary, LoadWriter};
pub use load_id::LoadId;
pub use record::{CommitRecord, LoadObject, ObjectKind, Outcome, Quality, SymbolOutcome};

/// The result of everything fallible in this crate.
pub type Result<T> = std::result::Result<T, Error>;

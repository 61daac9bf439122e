//! Ingest: the one crate that calls quote providers.
//!
//! [`ingest`] asks a provider for what the lake lacks, checks every row and writes one committed load. [`yahoo`]
//! is the provider's API; [`replay`] answers the same API on this machine from files of quotes.
//!
//! Invariant: reading an answer returns good rows and rejects; it never panics, and no row disappears uncounted.
//!
//! Invariant: a symbol that fails does not fail the load. It is in the commit record with its reason, and the
//! next run asks for it again.

mod assemble;
mod error;
mod pipeline;
mod plan;
pub mod replay;
mod report;
mod responses;
pub mod yahoo;

pub use error::Error;
pub use pipeline::ingest;
pub use plan::{Ask, Plan};
pub use report::{IngestReport, IngestRequest, Progress};
pub use yahoo::{Yahoo, YahooConfig};

/// The result of everything fallible in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

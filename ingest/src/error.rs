//! What can go wrong between a quote provider and the lake.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// A failure of ingest. Those of one symbol end up in the load's commit record, the others end the ingest.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The provider knows no such symbol, or not any more.
    #[error(
        "the provider does not know {symbol} (not found/delisted): {description}; check the spelling, or drop it"
    )]
    NotFound {
        /// The symbol.
        symbol: String,
        /// What the provider said.
        description: String,
    },
    /// The provider knows the symbol but has nothing in the range.
    #[error("the provider has no data of {symbol} in the range asked for: {description}")]
    NoData {
        /// The symbol.
        symbol: String,
        /// What the provider said.
        description: String,
    },
    /// The provider refused the request for another reason.
    #[error("the provider refused {symbol} (HTTP {status}, {code}): {description}")]
    Refused {
        /// The symbol.
        symbol: String,
        /// HTTP status.
        status: u16,
        /// The provider's code.
        code: String,
        /// What the provider said.
        description: String,
    },
    /// Too many requests.
    #[error(
        "the provider limits our rate (HTTP 429 for {symbol}): wait, or lower ingest.requests_per_second"
    )]
    RateLimited {
        /// The symbol.
        symbol: String,
        /// How long the provider wants us to wait.
        retry_after: Option<Duration>,
    },
    /// The provider itself failed.
    #[error("the provider failed on {symbol} (HTTP {status}): try later")]
    Unavailable {
        /// The symbol.
        symbol: String,
        /// HTTP status.
        status: u16,
        /// How long the provider wants us to wait.
        retry_after: Option<Duration>,
    },
    /// The answer ends in the middle.
    #[error("the answer for {symbol} is cut off: {reason}")]
    CutOff {
        /// The symbol.
        symbol: String,
        /// Where it ends.
        reason: String,
    },
    /// The answer is a page or a text, most often of something between us and the provider.
    #[error("the answer for {symbol} is no JSON (HTTP {status}): it begins with `{excerpt}`")]
    NotJson {
        /// The symbol.
        symbol: String,
        /// HTTP status.
        status: u16,
        /// Its beginning.
        excerpt: String,
    },
    /// The answer is JSON, but not what the chart API answers; all of it is rejected.
    #[error("the answer for {symbol} was rejected as a whole: {reason}")]
    Malformed {
        /// The symbol.
        symbol: String,
        /// What does not fit.
        reason: String,
    },
    /// No answer in time.
    #[error("no answer for {symbol} within {timeout_ms} ms: raise ingest.timeout_ms when this goes on")]
    Timeout {
        /// The symbol.
        symbol: String,
        /// How long was waited.
        timeout_ms: u64,
    },
    /// The connection failed.
    #[error("the connection failed while asking for {symbol}: {reason}")]
    Transport {
        /// The symbol.
        symbol: String,
        /// The innermost cause.
        reason: String,
    },
    /// A setting that cannot be used.
    #[error("ingest cannot start: {reason}")]
    Config {
        /// What is wrong with what.
        reason: String,
    },
    /// A file of quotes or of faults that cannot be read.
    #[error("{path} cannot be used: {reason}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The replay provider cannot listen.
    #[error(
        "the replay provider cannot listen on {addr}: {reason}; stop what holds the port, or choose another"
    )]
    Bind {
        /// The address.
        addr: SocketAddr,
        /// What the system said.
        reason: String,
    },
    /// Work on another thread ended early.
    #[error("ingest stopped in the middle, nothing was committed: {reason}")]
    Interrupted {
        /// What ended it.
        reason: String,
    },
    /// The lake failed; nothing was committed.
    #[error(transparent)]
    Lake(#[from] weekahead_lake::Error),
}

impl Error {
    /// Whether asking again later could succeed without anybody changing anything.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::RateLimited { .. }
            | Self::Unavailable { .. }
            | Self::CutOff { .. }
            | Self::NotJson { .. }
            | Self::Timeout { .. }
            | Self::Transport { .. } => true,
            Self::Lake(error) => error.is_retryable(),
            _ => false,
        }
    }

    /// How long the provider asked us to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. } | Self::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

//! The crate's error: what keeps the engine from starting.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The crate's result.
pub type Result<T> = std::result::Result<T, Error>;

/// Why the engine could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The library file cannot be loaded.
    #[error("cannot load the ClickHouse engine from {path}: {reason}; `make setup` brings it")]
    Library {
        /// The configured file.
        path: PathBuf,
        /// What the loader said.
        reason: String,
    },
    /// Another process has the data directory open.
    #[error("{data_dir} is in use by another engine process{}; stop it or use another directory", owner(.pid))]
    InUse {
        /// The directory.
        data_dir: PathBuf,
        /// The other process, where it said so.
        pid: Option<u32>,
    },
    /// This process already runs the engine: it can have one directory open at a time.
    #[error("this process already runs the engine on {open}; shut that one down first")]
    AlreadyOpen {
        /// The directory that is open.
        open: PathBuf,
    },
    /// A statement failed.
    #[error("{message}")]
    Query {
        /// The engine's words, with ClickHouse's code.
        message: String,
    },
    /// The engine refused to open the directory.
    #[error("the engine cannot open {data_dir}: {reason}")]
    Open {
        /// The directory.
        data_dir: PathBuf,
        /// What is known about the cause.
        reason: String,
    },
    /// The configured address is reachable from other machines.
    #[error(
        "refusing to listen on {addr}: the engine has no access control of its own, use a loopback address"
    )]
    NotLoopback {
        /// The address.
        addr: SocketAddr,
    },
    /// The address cannot be bound.
    #[error("cannot listen on {addr}: {source}")]
    Bind {
        /// The address.
        addr: SocketAddr,
        /// The system's reason.
        source: io::Error,
    },
    /// The data directory or the generated configuration cannot be written.
    #[error("cannot prepare {path}: {source}")]
    Prepare {
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A configured value makes no sense.
    #[error("configuration: {reason}")]
    Config {
        /// What is wrong and what is expected.
        reason: String,
    },
}

impl Error {
    /// Whether trying again later can help.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::InUse { .. } | Self::Bind { .. })
    }
}

fn owner(pid: &Option<u32>) -> String {
    pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default()
}

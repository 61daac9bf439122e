//! What can go wrong between us and the lake, and what to do about it.

use std::path::PathBuf;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

/// A failure of the lake. [`Error::is_retryable`] tells whether the same call may succeed later.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration contradicts itself.
    #[error("{what}: {hint}")]
    Config {
        /// What is wrong.
        what: String,
        /// What to write instead.
        hint: &'static str,
    },
    /// No answer from the endpoint.
    #[error(
        "the lake at {endpoint} does not answer ({reason}); is it running? `weekahead up` starts the embedded one"
    )]
    Unreachable {
        /// The endpoint asked.
        endpoint: String,
        /// What the connection said.
        reason: String,
    },
    /// The endpoint does not accept our keys.
    #[error(
        "the lake at {endpoint} refuses the access key or its signature ({code}): check access_key_id and secret_access_key"
    )]
    Denied {
        /// The endpoint asked.
        endpoint: String,
        /// S3's error code.
        code: String,
    },
    /// No keys are configured, and the AWS default chain found none either.
    #[error(
        "no keys for the lake: set lake.access_key_id and lake.secret_access_key, or AWS credentials ({reason})"
    )]
    NoCredentials {
        /// What the chain said.
        reason: String,
    },
    /// The bucket is not there.
    #[error("the lake at {endpoint} has no bucket `{bucket}`: check the name, or reopen the lake to make it")]
    MissingBucket {
        /// The endpoint asked.
        endpoint: String,
        /// The bucket.
        bucket: String,
    },
    /// The object is not there.
    #[error("the lake has no object `{key}`")]
    MissingObject {
        /// The object's key.
        key: String,
    },
    /// The endpoint itself failed.
    #[error(
        "the lake at {endpoint} failed to {action}: {code} (HTTP {status}) {message}; see its log, and whether its disk is full"
    )]
    Server {
        /// The endpoint asked.
        endpoint: String,
        /// What was tried.
        action: String,
        /// S3's error code.
        code: String,
        /// HTTP status.
        status: u16,
        /// What the server said.
        message: String,
    },
    /// The endpoint refused the request for another reason.
    #[error("the lake at {endpoint} refused to {action}: HTTP {status} {code} {message}")]
    Refused {
        /// The endpoint asked.
        endpoint: String,
        /// What was tried.
        action: String,
        /// S3's error code.
        code: String,
        /// HTTP status.
        status: u16,
        /// What the server said.
        message: String,
    },
    /// A source whose name cannot be part of an object name.
    #[error("`{source_name}` cannot name a source: use 1 to 32 of a-z 0-9 _ -")]
    SourceName {
        /// The name.
        source_name: String,
    },
    /// A load that contradicts itself; nothing was committed.
    #[error("load {load_id} does not add up and was not committed: {what}")]
    Inconsistent {
        /// The load.
        load_id: String,
        /// The contradiction.
        what: String,
    },
    /// A whole commit record that this version cannot read.
    #[error(
        "commit record `{key}` is written in a way this version does not know ({reason}): use the version that wrote it, or a later one"
    )]
    UnknownRecord {
        /// The record's key.
        key: String,
        /// What was not understood.
        reason: String,
    },
    /// Rows that came out of order.
    #[error("quotes are not in order of symbol and session: {symbol} {session} came too late or twice")]
    Unsorted {
        /// The symbol.
        symbol: String,
        /// The session.
        session: String,
    },
    /// A Parquet file that cannot be written or read.
    #[error("{action} failed: {reason}")]
    Parquet {
        /// What was tried.
        action: &'static str,
        /// What the Parquet library said.
        reason: String,
    },
    /// Compressing or decompressing failed.
    #[error("zstd failed on `{key}`: {reason}")]
    Compression {
        /// The object.
        key: String,
        /// What went wrong.
        reason: String,
    },
    /// The embedded endpoint would be reachable from other machines.
    #[error(
        "the embedded lake serves this machine only and refuses to listen on {addr}: use 127.0.0.1:<port>, or a real S3 store"
    )]
    NotLoopback {
        /// The address asked for.
        addr: std::net::SocketAddr,
    },
    /// The port cannot be had.
    #[error("the embedded lake cannot listen on {addr}: {reason}; stop what holds port {port}, or set another in lake.endpoint", port = addr.port())]
    Bind {
        /// The address asked for.
        addr: std::net::SocketAddr,
        /// What the system said.
        reason: String,
    },
    /// Another instance serves the same directory.
    #[error("{root} is already served by another embedded lake: stop that one, or use another directory", root = root.display())]
    Locked {
        /// The directory.
        root: PathBuf,
    },
    /// The embedded endpoint's directory cannot be used.
    #[error("the embedded lake cannot use {root}: {reason}", root = root.display())]
    Root {
        /// The directory.
        root: PathBuf,
        /// What the system said.
        reason: String,
    },
}

impl Error {
    /// Whether trying the same thing again could succeed without anybody changing anything.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Server { .. })
    }

    /// Whether the object or the bucket is simply not there.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::MissingObject { .. } | Self::MissingBucket { .. })
    }

    pub(crate) fn parquet(action: &'static str, reason: impl ToString) -> Self {
        Self::Parquet { action, reason: reason.to_string() }
    }
}

/// What was tried on what, for the message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt<'a> {
    pub endpoint: &'a str,
    pub bucket: &'a str,
    pub action: &'static str,
    pub key: &'a str,
}

impl Attempt<'_> {
    /// Gives the SDK's error one of our names.
    pub fn failed<E>(self, error: SdkError<E>) -> Error
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let endpoint = self.endpoint.to_owned();
        let SdkError::ServiceError(answer) = &error else {
            return Error::Unreachable { endpoint, reason: innermost(&error) };
        };
        let status = answer.raw().status().as_u16();
        let code = answer.err().code().unwrap_or_default().to_owned();
        let message = answer.err().message().unwrap_or_default().to_owned();
        let action = format!("{} `{}`", self.action, self.key);
        match (code.as_str(), status) {
            ("NoSuchBucket", _) => Error::MissingBucket { endpoint, bucket: self.bucket.to_owned() },
            (_, 404) => Error::MissingObject { key: self.key.to_owned() },
            ("NotSignedUp", _) | (_, 401 | 403) => {
                Error::Denied { endpoint, code: denied_code(code, status) }
            }
            ("SlowDown" | "RequestTimeout", _) | (_, 429 | 500..) => {
                Error::Server { endpoint, action, code, status, message }
            }
            _ => Error::Refused { endpoint, action, code, status, message },
        }
    }
}

/// HEAD answers have no body, hence no code.
fn denied_code(code: String, status: u16) -> String {
    if code.is_empty() { format!("HTTP {status}") } else { code }
}

/// The last cause says most ("Connection refused"), the SDK's own text least ("dispatch failure").
pub(crate) fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

//! What can go wrong between us and the MLflow server, and what the caller can do about it.

use serde::Deserialize;

/// A failed exchange with the tracker.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration cannot be used.
    #[error("the tracker's configuration is wrong: {reason}")]
    Configuration {
        /// What is wrong and how to mend it.
        reason: String,
    },
    /// No connection could be made; nothing was sent.
    #[error(
        "no MLflow server answers at {url}: {reason}. Start one (`weekahead up` or `mlflow server`) or correct the tracker's url"
    )]
    Unreachable {
        /// The address that was tried.
        url: String,
        /// What the network said.
        reason: String,
    },
    /// The connection broke after the request was sent; the server may have acted on it.
    #[error("the connection to MLflow broke during {call}: {reason}. Try again")]
    Interrupted {
        /// Method and path.
        call: String,
        /// What the network said.
        reason: String,
    },
    /// No answer within the allowed time; the server may still act on the request.
    #[error("MLflow did not answer {call} within {timeout_ms} ms. Try again, or raise the tracker's timeout")]
    Timeout {
        /// Method and path.
        call: String,
        /// The allowed time.
        timeout_ms: u64,
    },
    /// What was asked for does not exist (`RESOURCE_DOES_NOT_EXIST`).
    #[error("MLflow has no such thing ({call}): {message}")]
    NotFound {
        /// Method and path.
        call: String,
        /// The server's words.
        message: String,
    },
    /// What was to be created exists (`RESOURCE_ALREADY_EXISTS`).
    #[error("MLflow has it already ({call}): {message}")]
    AlreadyExists {
        /// Method and path.
        call: String,
        /// The server's words.
        message: String,
    },
    /// The server refused a value (`INVALID_PARAMETER_VALUE` or another fault of the request).
    #[error("MLflow refused {call}: {message}")]
    Invalid {
        /// Method and path.
        call: String,
        /// The server's words.
        message: String,
    },
    /// The server wants other credentials.
    #[error(
        "MLflow refused the credentials for {call} (status {status}): set the tracker's token or user and password"
    )]
    Unauthorized {
        /// Method and path.
        call: String,
        /// HTTP status, 401 or 403.
        status: u16,
    },
    /// The server failed, or answered with a status that is not one of the above.
    #[error("MLflow failed at {call} with status {status} {error_code}: {message}")]
    Server {
        /// Method and path.
        call: String,
        /// HTTP status.
        status: u16,
        /// MLflow's code, empty when the body held none.
        error_code: String,
        /// The server's words.
        message: String,
        /// How long the server asked us to wait.
        retry_after_ms: Option<u64>,
    },
    /// An answer that is not what this MLflow version documents.
    #[error("MLflow's answer to {call} cannot be read: {reason}. Is the url an MLflow server of version 3?")]
    Decode {
        /// Method and path.
        call: String,
        /// What the parser said.
        reason: String,
    },
    /// A value over one of MLflow's limits that must not be cut.
    #[error("{what} `{key}` has {length} characters, MLflow takes at most {limit}: shorten it")]
    TooLong {
        /// Which kind of value.
        what: &'static str,
        /// Its key, cut to 80 characters.
        key: String,
        /// Its length.
        length: usize,
        /// The limit.
        limit: usize,
    },
    /// The experiment was deleted in MLflow, so no run can be added to it.
    #[error(
        "experiment `{name}` is deleted: restore it with `mlflow experiments restore -x {experiment_id}` or use another name"
    )]
    ExperimentDeleted {
        /// The experiment's name.
        name: String,
        /// The experiment's id.
        experiment_id: String,
    },
    /// An artifact path that would leave its folder.
    #[error("`{path}` is not an artifact path: use relative names joined by `/`, without `.` and `..`")]
    ArtifactPath {
        /// The offending path.
        path: String,
    },
    /// An artifact location that this client cannot reach.
    #[error("artifacts at `{uri}` cannot be reached: {reason}")]
    ArtifactLocation {
        /// The location.
        uri: String,
        /// Why, and what to do.
        reason: String,
    },
    /// An injected artifact store failed.
    #[error("the artifact store failed at `{uri}`: {reason}")]
    ArtifactStore {
        /// The object.
        uri: String,
        /// The store's words.
        reason: String,
        /// Whether the store says that another try may succeed.
        retryable: bool,
    },
    /// A model that cannot be logged, or files that are no model of ours.
    #[error("model `{name}`: {reason}")]
    Model {
        /// The model's name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// The result of an exchange with the tracker.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Whether doing the same again, a little later, may succeed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Error::Unreachable { .. } | Error::Interrupted { .. } | Error::Timeout { .. } => true,
            Error::Server { status, .. } => matches!(status, 408 | 429 | 500 | 502 | 503 | 504),
            Error::ArtifactStore { retryable, .. } => *retryable,
            _ => false,
        }
    }

    /// Whether the thing asked for does not exist.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Error::NotFound { .. })
    }

    /// Whether the server surely did not act on the request, so that even a creation may be sent again.
    pub(crate) fn is_unsent(&self) -> bool {
        matches!(self, Error::Unreachable { .. } | Error::Server { status: 429, .. })
    }

    /// The wait that the server asked for.
    pub(crate) fn retry_after_ms(&self) -> Option<u64> {
        match self {
            Error::Server { retry_after_ms, .. } => *retry_after_ms,
            _ => None,
        }
    }

    /// The error that an unsuccessful answer stands for.
    pub(crate) fn from_answer(call: String, status: u16, body: &[u8], retry_after_ms: Option<u64>) -> Error {
        let ErrorBody { error_code, message } = ErrorBody::decode(body);
        match (error_code.as_str(), status) {
            ("RESOURCE_DOES_NOT_EXIST", _) => Error::NotFound { call, message },
            ("RESOURCE_ALREADY_EXISTS", _) => Error::AlreadyExists { call, message },
            (_, 401 | 403) => Error::Unauthorized { call, status },
            ("INVALID_PARAMETER_VALUE", _) | (_, 400) => Error::Invalid { call, message },
            _ => Error::Server { call, status, error_code, message, retry_after_ms },
        }
    }
}

/// The body of an unsuccessful answer.
#[derive(Deserialize)]
struct ErrorBody {
    #[serde(default)]
    error_code: String,
    #[serde(default)]
    message: String,
}

impl ErrorBody {
    const LONGEST_MESSAGE: usize = 2_000;

    /// Decodes the body; one that is not MLflow's (a proxy's page) becomes the message itself.
    fn decode(body: &[u8]) -> ErrorBody {
        let mut decoded = serde_json::from_slice(body).unwrap_or_else(|_| ErrorBody {
            error_code: String::new(),
            message: String::from_utf8_lossy(body).trim().to_owned(),
        });
        decoded.message = decoded.message.chars().take(Self::LONGEST_MESSAGE).collect();
        decoded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Error {
        Error::from_answer("GET runs/get".into(), status, body.as_bytes(), None)
    }

    #[test]
    fn codes_become_variants() {
        let missing =
            answer(404, r#"{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"Run with id=1 not found"}"#);
        assert!(missing.is_not_found() && !missing.is_retryable());
        assert!(missing.to_string().contains("Run with id=1 not found"));
        let refused = answer(400, r#"{"error_code":"INVALID_PARAMETER_VALUE","message":"no"}"#);
        assert!(matches!(refused, Error::Invalid { .. }) && !refused.is_retryable());
        assert!(matches!(answer(401, "{}"), Error::Unauthorized { status: 401, .. }));
        assert!(matches!(
            answer(400, r#"{"error_code":"RESOURCE_ALREADY_EXISTS"}"#),
            Error::AlreadyExists { .. }
        ));
    }

    #[test]
    fn a_proxys_page_is_kept_as_the_message() {
        let error = answer(502, "<html>bad gateway</html>");
        assert!(error.is_retryable());
        assert!(error.to_string().contains("bad gateway"));
    }
}

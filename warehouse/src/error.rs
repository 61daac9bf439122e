//! What can go wrong between us and a ClickHouse server.

/// A failure of the warehouse. The message says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `warehouse.url` is not an HTTP address.
    #[error("`{url}` is not the address of a warehouse: write http://host:8123 or https://host:8443")]
    Url {
        /// The offending text.
        url: String,
    },
    /// Nobody answers, or the connection broke.
    #[error(
        "the warehouse at {url} does not answer ({detail}): start it with `weekahead up` or correct `warehouse.url`"
    )]
    Unreachable {
        /// The address tried.
        url: String,
        /// What the network said.
        detail: String,
    },
    /// The certificates for an `https` address could not be loaded.
    #[error("no TLS connection to {url} is possible ({detail}): install the system's CA certificates")]
    Tls {
        /// The address.
        url: String,
        /// What is missing.
        detail: String,
    },
    /// The server does not accept this user and password.
    #[error(
        "the warehouse at {url} refuses user `{user}`: correct `warehouse.user` and `warehouse.password`"
    )]
    WrongPassword {
        /// The address.
        url: String,
        /// The user tried.
        user: String,
    },
    /// The user may not do this.
    #[error("the warehouse at {url} does not let `{user}` do this: grant it ({message})")]
    AccessDenied {
        /// The address.
        url: String,
        /// The user.
        user: String,
        /// What the server said: it names the missing grant.
        message: String,
    },
    /// A table or database is not there yet.
    #[error(
        "the warehouse lacks a table: run `weekahead warehouse migrate`, and dbt for `staging` and `marts` ({message})"
    )]
    UnknownTable {
        /// What the server said: it names the table.
        message: String,
    },
    /// The server answered too late.
    #[error("the warehouse at {url} took longer than {limit_seconds} s: look at its load, then try again")]
    TimedOut {
        /// The address.
        url: String,
        /// The limit.
        limit_seconds: u64,
    },
    /// Any other refusal of the server.
    #[error("the warehouse refused a statement: {message}")]
    Refused {
        /// ClickHouse's error code, where the answer had one.
        code: Option<u32>,
        /// What the server said.
        message: String,
    },
    /// An applied migration differs from the one in this program.
    #[error(
        "migration {name} was applied with other contents: restore its file and put the change into a new migration"
    )]
    MigrationChanged {
        /// The migration, as `NNNN_name`.
        name: String,
    },
    /// The warehouse has a migration that this program does not know.
    #[error("migration {name} was applied by a newer weekahead: upgrade this one")]
    MigrationUnknown {
        /// The migration, as `NNNN_name`.
        name: String,
    },
    /// A name that cannot be a table or a column.
    #[error("`{name}` cannot name a {what}: use letters, digits and `_`, and none of the key columns' names")]
    Name {
        /// What should have been named.
        what: &'static str,
        /// The offending name.
        name: String,
    },
    /// A row that has not one value a column.
    #[error("a row of {symbol} in {session} has {actual} values for {expected} columns")]
    Width {
        /// The row's symbol.
        symbol: String,
        /// The row's session.
        session: String,
        /// The number of columns.
        expected: usize,
        /// The number of values.
        actual: usize,
    },
    /// Columns of one symbol's rows that are not of one length.
    #[error("the columns of {symbol} have {expected} sessions, and one has {actual} values")]
    Shape {
        /// Whose columns.
        symbol: String,
        /// The number of sessions.
        expected: usize,
        /// The number of values of the odd column.
        actual: usize,
    },
    /// Rows were written while they were read in several queries.
    #[error(
        "the rows changed while they were read: read them again when the build that writes them has ended"
    )]
    Changed,
    /// A stored value that no reader of ours would have written.
    #[error("a stored value is not what its column should hold: {detail}")]
    Stored {
        /// Which value, and why it cannot be true.
        detail: String,
    },
    /// The client library failed in a way of its own: usually a table whose columns are not the expected ones.
    #[error("the warehouse's answer could not be read: {0}")]
    Client(#[source] clickhouse::error::Error),
}

/// ClickHouse's codes for a server that is busy, starting, or has lost a peer.
const PASSING: [u32; 9] = [159, 202, 209, 210, 242, 279, 319, 439, 999];

impl Error {
    /// Whether the same call may succeed a moment later with nothing changed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } | Self::Changed => true,
            Self::Refused { code: Some(code), .. } => PASSING.contains(code),
            Self::Refused { code: None, message } => {
                ["502", "503", "504"].iter().any(|s| message.starts_with(s))
            }
            _ => false,
        }
    }

    /// Sorts a client error by what the caller can do about it.
    pub(crate) fn from_client(error: clickhouse::error::Error, url: &str, user: &str) -> Self {
        use clickhouse::error::Error as Client;
        match error {
            Client::Network(source) => {
                Self::Unreachable { url: url.to_owned(), detail: chain(source.as_ref()) }
            }
            Client::TimedOut => {
                Self::TimedOut { url: url.to_owned(), limit_seconds: crate::client::ANSWER_LIMIT.as_secs() }
            }
            Client::BadResponse(message) => Self::from_answer(message, url, user),
            other => Self::Client(other),
        }
    }

    fn from_answer(message: String, url: &str, user: &str) -> Self {
        let (url, user) = (url.to_owned(), user.to_owned());
        match exception_code(&message) {
            Some(192..=194 | 516) => Self::WrongPassword { url, user },
            Some(497) => Self::AccessDenied { url, user, message },
            Some(60 | 81) => Self::UnknownTable { message },
            code => Self::Refused { code, message },
        }
    }
}

impl From<weekahead_market::Error> for Error {
    fn from(error: weekahead_market::Error) -> Self {
        Self::Stored { detail: error.to_string() }
    }
}

/// The number in `Code: 516. DB::Exception: ...`, or the message when it is nothing but a number.
fn exception_code(message: &str) -> Option<u32> {
    let digits = message.split_once("Code: ").map_or(message, |(_, rest)| rest);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let is_code = message.contains("Code: ") || end == digits.len();
    if is_code { digits[..end].parse().ok() } else { None }
}

/// An error and its causes in one line: the HTTP client alone says little.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(message: &str) -> Error {
        Error::from_answer(message.to_owned(), "http://h:8123", "default")
    }

    #[test]
    fn an_answer_becomes_what_the_caller_can_do() {
        let wrong =
            answered("Code: 516. DB::Exception: default: Authentication failed. (AUTHENTICATION_FAILED)");
        assert!(matches!(wrong, Error::WrongPassword { .. }));
        assert!(matches!(answered("194"), Error::WrongPassword { .. }));
        let unknown = answered("Code: 60. DB::Exception: Unknown table expression identifier 'marts.bars'.");
        assert!(unknown.to_string().contains("weekahead warehouse migrate"), "{unknown}");
        assert!(matches!(answered("Code: 47. DB::Exception: x"), Error::Refused { code: Some(47), .. }));
    }

    #[test]
    fn only_passing_failures_are_worth_a_retry() {
        assert!(answered("Code: 202. DB::Exception: Too many simultaneous queries").is_retryable());
        assert!(answered("503 Service Unavailable").is_retryable());
        assert!(!answered("Code: 62. DB::Exception: Syntax error").is_retryable());
        assert!(!answered("Code: 516. DB::Exception: no").is_retryable());
    }
}

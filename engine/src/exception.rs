//! The engine's exceptions: a ClickHouse error code and a message, and the HTTP status they become.

use std::fmt;

use http::StatusCode;

/// ClickHouse error codes that the front itself raises.
pub(crate) mod code {
    pub(crate) const BAD_ARGUMENTS: u32 = 36;
    pub(crate) const CHECKSUM_DOESNT_MATCH: u32 = 40;
    pub(crate) const NOT_IMPLEMENTED: u32 = 48;
    pub(crate) const SYNTAX_ERROR: u32 = 62;
    pub(crate) const UNKNOWN_COMPRESSION_METHOD: u32 = 89;
    pub(crate) const UNKNOWN_SETTING: u32 = 115;
    pub(crate) const READONLY: u32 = 164;
    pub(crate) const TOO_MANY_SIMULTANEOUS_QUERIES: u32 = 202;
    pub(crate) const NETWORK_ERROR: u32 = 210;
    pub(crate) const QUERY_IS_TOO_LARGE: u32 = 229;
    pub(crate) const QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING: u32 = 216;
    pub(crate) const CANNOT_DECOMPRESS: u32 = 271;
    pub(crate) const SESSION_NOT_FOUND: u32 = 372;
    pub(crate) const SESSION_IS_LOCKED: u32 = 373;
    pub(crate) const INVALID_SESSION_TIMEOUT: u32 = 374;
    pub(crate) const TOO_MANY_ROWS_OR_BYTES: u32 = 396;
    pub(crate) const ACCESS_DENIED: u32 = 497;
    pub(crate) const AUTHENTICATION_FAILED: u32 = 516;
    pub(crate) const UNKNOWN_EXCEPTION: u32 = 1002;
}

/// What a query failed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exception {
    pub(crate) code: u32,
    /// The whole text as a ClickHouse server prints it, from `Code:` on, without the version.
    pub(crate) message: String,
}

impl Exception {
    /// An exception of the front, worded as the server words its own.
    pub(crate) fn new(code: u32, text: impl fmt::Display, name: &str) -> Self {
        Self { code, message: format!("Code: {code}. DB::Exception: {text} ({name})") }
    }

    /// Something that should not happen.
    pub(crate) fn internal(text: impl fmt::Display) -> Self {
        Self::new(code::UNKNOWN_EXCEPTION, text, "UNKNOWN_EXCEPTION")
    }

    /// Reads the code out of the engine's message.
    pub(crate) fn parse(message: &str) -> Self {
        let Some(at) = message.find("Code: ") else {
            return Self::internal(message.trim());
        };
        let digits = message[at + 6..].bytes().take_while(u8::is_ascii_digit).count();
        let code = message[at + 6..at + 6 + digits].parse().unwrap_or(code::UNKNOWN_EXCEPTION);
        let text = message[at..].trim_end();
        let end = text.rfind(" (version ").filter(|_| text.ends_with(')')).unwrap_or(text.len());
        Self { code, message: text[..end].to_owned() }
    }

    /// The text that goes to the client.
    pub(crate) fn with_version(&self, version: &str) -> String {
        format!("{} (version {version} (official build))", self.message)
    }

    /// The HTTP status a ClickHouse server answers this code with.
    pub(crate) fn status(&self) -> StatusCode {
        match self.code {
            194 | 516 => StatusCode::UNAUTHORIZED,
            164 | 192 | 193 | 291 | 497 => StatusCode::FORBIDDEN,
            6 | 7 | 25 | 26 | 27 | 33 | 34 | 36 | 38 | 40 | 41 | 42 | 43 | 44 | 53 | 62 | 63 | 69 | 70
            | 72 | 89 | 117 | 130 | 131 | 168 | 184 | 271 | 386 | 427 | 456 | 457 => StatusCode::BAD_REQUEST,
            46 | 47 | 50 | 56 | 60 | 73 | 81 | 115 | 336 | 372 => StatusCode::NOT_FOUND,
            159 => StatusCode::REQUEST_TIMEOUT,
            229 => StatusCode::PAYLOAD_TOO_LARGE,
            48 => StatusCode::NOT_IMPLEMENTED,
            202 | 209 | 439 => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Exception {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_code_and_drops_version() {
        let e =
            Exception::parse("x: Code: 60. DB::Exception: No table. (UNKNOWN_TABLE) (version 26.7.2.1)\n");
        assert_eq!((e.code, e.status()), (60, StatusCode::NOT_FOUND));
        assert_eq!(e.message, "Code: 60. DB::Exception: No table. (UNKNOWN_TABLE)");
        assert_eq!(Exception::parse("odd").code, code::UNKNOWN_EXCEPTION);
    }
}

//! What can be wrong with a word of the vocabulary.

/// An input that is not what it claims to be. Retrying cannot help: correct the input.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A symbol that no venue would use.
    #[error("`{text}` is not a symbol: use 1 to 32 of A-Z a-z 0-9 . - _ = ^ / &")]
    Symbol {
        /// The offending text.
        text: String,
    },
    /// A date that does not parse.
    #[error("`{text}` is not a session date: write it as YYYY-MM-DD")]
    Session {
        /// The offending text.
        text: String,
    },
    /// An instant that does not parse.
    #[error("`{text}` is not an instant: write YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ")]
    AsOf {
        /// The offending text.
        text: String,
    },
    /// A horizon outside the supported range.
    #[error("a horizon of {sessions} sessions is out of range: use 1 to {max}", max = crate::Horizon::MAX_SESSIONS)]
    Horizon {
        /// The requested number of sessions.
        sessions: u32,
    },
    /// A quantile level outside the open interval (0, 1).
    #[error("{level} is not a quantile level: it must lie strictly between 0 and 1")]
    Quantile {
        /// The offending level.
        level: f64,
    },
    /// A date outside the years whose closures are known.
    #[error("{date} is outside the {exchange} calendar, which knows {first} to {last}")]
    OutsideCalendar {
        /// The offending date.
        date: String,
        /// The calendar's exchange.
        exchange: &'static str,
        /// The first year known.
        first: i16,
        /// The last year known.
        last: i16,
    },
    /// A bar that cannot be true.
    #[error(
        "the bar of {symbol} in {session} cannot be true ({fault}): correct it at its source and ingest it again"
    )]
    FaultyBar {
        /// Whose bar.
        symbol: String,
        /// Of which session.
        session: String,
        /// What is wrong with it.
        fault: String,
    },
    /// Bars of one symbol that are not strictly increasing by session.
    #[error("bars of {symbol} are not in order: {session} follows {previous}")]
    Unsorted {
        /// The symbol.
        symbol: String,
        /// The session that came too early or twice.
        session: String,
        /// The session before it.
        previous: String,
    },
}

impl Error {
    /// Whether trying the same thing again could succeed. Never, here: these are faults of the input.
    pub fn is_retryable(&self) -> bool {
        false
    }
}

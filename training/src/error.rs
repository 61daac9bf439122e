//! What can go wrong between a warehouse and a champion.

/// Why a training step failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A session, horizon or calendar that is out of range.
    #[error(transparent)]
    Market(#[from] weekahead_market::Error),
    /// Two inputs that must have the same length do not.
    #[error("{what} has {found} entries where {expected} are needed")]
    Shape {
        /// The input that does not fit.
        what: &'static str,
        /// The length it should have.
        expected: usize,
        /// The length it has.
        found: usize,
    },
    /// Too little data for a statement.
    #[error(
        "{what}: {found} are too few, at least {needed} are needed; use a longer history or a smaller setting"
    )]
    TooFew {
        /// What there is too little of.
        what: &'static str,
        /// How many are needed.
        needed: usize,
        /// How many there are.
        found: usize,
    },
    /// A value that must be a finite number is not.
    #[error("{what} is not finite at row {row}")]
    NotFinite {
        /// The offending input.
        what: &'static str,
        /// The row, from 0.
        row: usize,
    },
    /// A setting outside its range.
    #[error("{setting} = {value} is out of range: use {allowed}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// Its value.
        value: f64,
        /// The values that work.
        allowed: &'static str,
    },
}

impl Error {
    /// Whether trying the same thing again could succeed.
    pub fn is_retryable(&self) -> bool {
        false
    }
}

/// Fails unless a length is what it should be.
pub(crate) fn check_length(what: &'static str, expected: usize, found: usize) -> crate::Result<()> {
    if expected == found { Ok(()) } else { Err(Error::Shape { what, expected, found }) }
}

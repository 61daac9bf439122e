//! What cannot be simulated.

use std::path::PathBuf;

use weekahead_market::{Session, Symbol};

/// A simulation that cannot be run as it is asked for. Nothing has happened yet.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The plan cannot be read.
    #[error("{path} is no plan of a simulation: {reason}", path = path.display())]
    PlanFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// An event or a fault of the plan cannot happen.
    #[error("{what} cannot happen: {reason}")]
    Impossible {
        /// The event or fault.
        what: String,
        /// Why not.
        reason: String,
    },
    /// The quotes do not reach as far as the range.
    #[error(
        "{first} to {last} cannot be simulated: the quotes reach from {quotes_first} to {quotes_last}, and a year before \
         the first week is needed to learn from; choose --from and --to within"
    )]
    OutsideQuotes {
        /// The first day asked for.
        first: Session,
        /// The last day asked for.
        last: Session,
        /// The first session of the quotes.
        quotes_first: Session,
        /// The last session of the quotes.
        quotes_last: Session,
    },
    /// The range has no week.
    #[error("no week ends between {first} and {last}: choose a later --to")]
    NoWeek {
        /// The first day asked for.
        first: Session,
        /// The last day asked for.
        last: Session,
    },
    /// There are no quotes of a symbol.
    #[error("there are no quotes of {symbol}: leave it out of --symbols, or name other --quotes")]
    NoQuotes {
        /// The symbol.
        symbol: Symbol,
    },
    /// More faults are wanted than fit.
    #[error("only {found} of {wanted} faults fit beside each other: ask for fewer, or for more weeks")]
    TooManyFaults {
        /// How many are wanted.
        wanted: usize,
        /// How many were found room for.
        found: usize,
    },
    /// The exchange's calendar does not reach so far.
    #[error(transparent)]
    Calendar(#[from] weekahead_market::Error),
    /// The warehouse failed.
    #[error(transparent)]
    Warehouse(#[from] weekahead_warehouse::Error),
}

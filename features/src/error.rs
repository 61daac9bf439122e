//! What can be wrong with a feature or a view.

use crate::expr::ParseError;

/// A view that cannot be read or computed, or an input that is not let in. Retrying cannot help: correct the input.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An expression that does not parse.
    #[error(transparent)]
    Expression(#[from] ParseError),
    /// A feature of a view whose expression does not parse.
    #[error("line {line}, column {column}: feature `{feature}` of view `{view}`: {source}")]
    Feature {
        /// The view.
        view: String,
        /// The feature.
        feature: String,
        /// The file's line, counted from 1.
        line: usize,
        /// The place in the line, counted from 1.
        column: usize,
        /// What is wrong with the expression.
        #[source]
        source: ParseError,
    },
    /// A view file that is not TOML, or not a view.
    #[error(
        "this is not a view file: {message}\nit needs `name` and a `[[feature]]` with `name` and `expr` for each feature"
    )]
    ViewFile {
        /// What the TOML reader says.
        message: String,
    },
    /// A view or feature name that cannot name a table or a column.
    #[error("`{name}` cannot name a {what}: {problem}")]
    Name {
        /// The offending name.
        name: String,
        /// `view` or `feature`.
        what: &'static str,
        /// What is wrong with it and what to do.
        problem: String,
    },
    /// A view without features, or with more than is supported.
    #[error("view `{view}` has {count} features: write 1 to {max}", max = crate::View::MAX_FEATURES)]
    FeatureCount {
        /// The view.
        view: String,
        /// How many it has.
        count: usize,
    },
    /// A feature that needs more history than is supported.
    #[error(
        "feature `{feature}` of view `{view}` looks back {look_back} sessions, and at most {max} are kept: \
         shorten its windows",
        max = crate::View::MAX_LOOK_BACK
    )]
    LookBack {
        /// The view.
        view: String,
        /// The feature.
        feature: String,
        /// How many sessions it needs.
        look_back: usize,
    },
    /// A view whose features depend on other symbols, where one symbol is computed alone.
    #[error("view `{view}` has functions over all symbols (CsRank, CsZscore): compute it over a panel")]
    CrossSectional {
        /// The view.
        view: String,
    },
    /// A bar that is not let in.
    #[error("the bar of {symbol} in {session} is refused: {problem}")]
    Bar {
        /// Whose bar.
        symbol: String,
        /// Of which session.
        session: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A saved state that cannot be gone on from.
    #[error("the saved state is refused: {problem}; load the bars instead")]
    Saved {
        /// What is wrong with it.
        problem: String,
    },
    /// A built-in view that does not exist.
    #[error("there is no built-in view `{name}`: use one of {known}")]
    UnknownView {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
}

impl Error {
    /// Whether trying the same thing again could succeed. Never, here: these are faults of the input.
    pub fn is_retryable(&self) -> bool {
        false
    }
}

//! What can stand between the lake and a feature view.

use std::path::PathBuf;

/// A failure of a build. Nothing that was built before is lost; run the build again once it is mended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// dbt cannot be started.
    #[error("cannot run {program}: {source}; `make setup` installs dbt", program = program.display())]
    DbtMissing {
        /// The program that was to run.
        program: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The lock that keeps two runs of dbt apart cannot be had.
    #[error("cannot lock {path}: {source}; is the disk full, or the directory somebody else's?", path = path.display())]
    Lock {
        /// The lock's file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A model, seed or test failed.
    #[error("dbt {status} `{node}`: {message}")]
    DbtNode {
        /// The node, such as `model.weekahead.bars`.
        node: String,
        /// dbt's word for its end: `error` or `fail`.
        status: String,
        /// dbt's message.
        message: String,
        /// How many nodes failed in all.
        failed: usize,
    },
    /// dbt ended before it ran a node.
    #[error("dbt cannot start its run: {message}")]
    Dbt {
        /// The last thing it said.
        message: String,
    },
    /// The warehouse failed.
    #[error(transparent)]
    Warehouse(#[from] weekahead_warehouse::Error),
    /// The view cannot be computed.
    #[error(transparent)]
    Features(#[from] weekahead_features::Error),
    /// A file of entity rows that cannot be read, or an answer that cannot be written.
    #[error("{path}: {problem}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, with the column where one is.
        problem: String,
    },
    /// Features that are not there, or no list of features.
    #[error("{problem}")]
    Selection {
        /// What is wrong, and what is near.
        problem: String,
    },
    /// No build made the table of a view, or the columns of this version of it.
    #[error(
        "feature view `{view}` is not built yet, or only an older version of it: run `weekahead features build`"
    )]
    NotBuilt {
        /// The feature view.
        view: String,
    },
    /// A computing task was stopped from outside.
    #[error("the computation of {view} was interrupted; run it again")]
    Interrupted {
        /// The feature view.
        view: String,
    },
}

impl Error {
    /// Whether trying the same thing again could succeed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Warehouse(error) => error.is_retryable(),
            Self::Interrupted { .. } => true,
            _ => false,
        }
    }
}

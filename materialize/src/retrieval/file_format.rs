//! The files that rows come from and go to.

use std::path::Path;

use crate::{Error, Result};

/// What a file's name says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileFormat {
    /// `.parquet`
    Parquet,
    /// `.csv`
    Csv,
}

impl FileFormat {
    /// By the end of the name, in any case.
    pub fn of(path: &Path) -> Result<Self> {
        match path.extension().map(|end| end.to_string_lossy().to_lowercase()).as_deref() {
            Some("parquet") => Ok(Self::Parquet),
            Some("csv") => Ok(Self::Csv),
            _ => Err(refused(path, "the name of such a file ends in .parquet or .csv")),
        }
    }
}

/// A file that will not do, in one line.
pub(super) fn refused(path: &Path, problem: impl std::fmt::Display) -> Error {
    // The file library's messages have lines of advice for its own users.
    let problem = problem.to_string().lines().next().unwrap_or_default().to_owned();
    Error::File { path: path.to_owned(), problem }
}

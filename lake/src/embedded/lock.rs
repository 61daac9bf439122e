//! One process at a time serves a directory.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use crate::{Error, Result};

/// No bucket can have this name.
const NAME: &str = ".weekahead-lake.lock";

/// Makes the directory and takes its lock, which the system frees when the process ends, however it ends.
///
/// # Errors
/// [`Error::Locked`] when somebody else holds it; [`Error::Root`] when the directory cannot be used.
pub(super) fn take(root: &Path) -> Result<File> {
    let unusable = |e: std::io::Error| Error::Root { root: root.to_owned(), reason: e.to_string() };
    fs::create_dir_all(root).map_err(unusable)?;
    let file =
        File::options().create(true).truncate(false).write(true).open(root.join(NAME)).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked { root: root.to_owned() }),
        Err(TryLockError::Error(e)) => Err(unusable(e)),
    }
}

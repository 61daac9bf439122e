//! Files that are either whole or not there.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use crate::{Error, Result};

/// Writes a file so that a crash leaves the former one or the whole new one.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |error: std::io::Error| keep_error(path, &error);
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory).map_err(failed)?;
    let temporary = path.with_extension(format!("tmp{}", std::process::id()));
    let mut file = File::create(&temporary).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&temporary, path).map_err(failed)?;
    // The name itself must reach the disk, too.
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed)
}

/// The error of a path that cannot be written.
pub(crate) fn keep_error(path: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::Keep { path: path.display().to_string(), reason: error.to_string() }
}

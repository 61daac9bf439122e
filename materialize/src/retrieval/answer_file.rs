//! The answer as a file: whole, or not at all.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use polars::prelude::*;
use tempfile::NamedTempFile;

use super::file_format::{FileFormat, refused};
use crate::Result;

/// A file under way: it takes its name when it is complete.
#[derive(Debug)]
pub(super) struct AnswerFile {
    path: PathBuf,
    format: FileFormat,
    unfinished: NamedTempFile,
}

impl AnswerFile {
    /// Makes sure that it can be written before any work is done for it.
    pub fn create(path: &Path) -> Result<Self> {
        let format = FileFormat::of(path)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Readable to whom the umask says, as any file that a program writes.
        let file = tempfile::Builder::new().permissions(Permissions::from_mode(0o666)).tempfile_in(folder);
        let unfinished = file.map_err(|error| refused(path, format!("cannot write it: {error}")))?;
        Ok(Self { path: path.to_owned(), format, unfinished })
    }

    /// Writes the frame and gives the file its name, in place of an older one.
    pub fn finish(self, mut frame: DataFrame) -> Result<()> {
        let file = self.unfinished.as_file();
        let written = match self.format {
            FileFormat::Parquet => ParquetWriter::new(file).finish(&mut frame).map(drop),
            FileFormat::Csv => CsvWriter::new(file).finish(&mut frame),
        };
        written.map_err(|error| refused(&self.path, error))?;
        self.unfinished.persist(&self.path).map_err(|error| refused(&self.path, error.error))?;
        Ok(())
    }
}

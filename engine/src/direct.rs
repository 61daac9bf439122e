//! The engine called in this process, without the HTTP interface.

use crate::engine::Engine;
use crate::exception::Exception;
use crate::ffi::Params;
use crate::{EngineConfig, Error, Result};

/// A data directory opened by this process: for tools, and for measuring what the HTTP interface costs.
///
/// No guard stands before it: SQL reaches whatever the process reaches.
pub struct Direct {
    engine: Engine,
}

impl Direct {
    /// Opens the data directory of a configuration; its address is not used.
    ///
    /// # Errors
    /// [`Error::Library`], [`Error::InUse`], [`Error::AlreadyOpen`], [`Error::Open`].
    pub fn open(config: EngineConfig) -> Result<Self> {
        Ok(Self { engine: Engine::open(config)? })
    }

    /// Runs a statement and returns its whole result.
    ///
    /// # Errors
    /// [`Error::Query`] with the engine's words.
    pub fn execute(&self, sql: &str, format: &str) -> Result<Vec<u8>> {
        let mut connection = self.engine.connect().map_err(said)?;
        let result = connection.query(sql.as_bytes(), format, &Params::default()).map_err(said)?;
        Ok(result.as_ref().to_vec())
    }

    /// Feeds an INSERT, whose SQL has no FORMAT clause, with data that may be split anywhere.
    ///
    /// # Errors
    /// [`Error::Query`]; blocks that were complete before stay.
    pub fn insert<'a>(
        &self,
        sql: &str,
        format: &str,
        data: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<()> {
        let mut connection = self.engine.connect().map_err(said)?;
        let mut insert = connection.insert(sql.as_bytes(), format, &Params::default()).map_err(said)?;
        for chunk in data {
            insert.append(chunk).map_err(said)?;
        }
        insert.finish().map(drop).map_err(said)
    }

    /// Streams a SELECT block by block.
    ///
    /// # Errors
    /// [`Error::Query`]; the blocks before were taken.
    pub fn select(&self, sql: &str, format: &str, mut take: impl FnMut(&[u8])) -> Result<()> {
        let mut connection = self.engine.connect().map_err(said)?;
        let mut stream = connection.stream(sql.as_bytes(), format, &Params::default()).map_err(said)?;
        while let Some(block) = stream.next().map_err(said)? {
            take(block.as_ref());
        }
        Ok(())
    }

    /// Closes the engine. A process should leave by [`std::process::exit`] afterwards.
    pub fn close(self) {
        self.engine.close();
    }
}

impl std::fmt::Debug for Direct {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Direct").finish_non_exhaustive()
    }
}

fn said(exception: Exception) -> Error {
    Error::Query { message: exception.message }
}

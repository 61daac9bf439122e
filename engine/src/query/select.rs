//! Statements that give a result: streamed where the format allows it, otherwise made whole by the engine.

use bytes::Bytes;

use super::Sink;
use super::header::HeaderCut;
use super::shape::Shape;
use crate::exception::{Exception, code};
use crate::ffi::{Connection, Params};

/// A statement that is ready to run.
pub(crate) struct Statement<'a> {
    pub(crate) sql: &'a [u8],
    /// The output format where the SQL names none.
    pub(crate) default_format: &'a str,
    pub(crate) params: &'a Params,
    pub(crate) shape: Shape,
}

/// Runs the statement and pushes its result.
pub(crate) fn run(
    connection: &mut Connection,
    statement: &Statement<'_>,
    sink: &mut Sink,
) -> Result<(), Exception> {
    if statement.shape == Shape::Whole {
        return run_whole(connection, statement, sink);
    }
    match run_stream(connection, statement, sink) {
        Err(error) if is_not_streamable(&error) => run_whole(connection, statement, sink),
        result => result,
    }
}

/// The engine streams SELECT only and says so before it runs anything.
fn is_not_streamable(error: &Exception) -> bool {
    error.code == code::BAD_ARGUMENTS && error.message.contains("Streaming query is not supported")
}

fn run_stream(
    connection: &mut Connection,
    statement: &Statement<'_>,
    sink: &mut Sink,
) -> Result<(), Exception> {
    let mut stream = connection.stream(statement.sql, statement.default_format, statement.params)?;
    let mut cut = HeaderCut::new(statement.shape);
    while let Some(block) = stream.next()? {
        sink.add_stats(block.stats());
        if sink.push(cut.cut(Bytes::from_owner(block))?)?.is_err() {
            break;
        }
    }
    Ok(())
}

fn run_whole(
    connection: &mut Connection,
    statement: &Statement<'_>,
    sink: &mut Sink,
) -> Result<(), Exception> {
    let result = connection.query(statement.sql, statement.default_format, statement.params)?;
    sink.add_stats(result.stats());
    if !result.is_empty() {
        // Whether the client is still there no longer matters.
        let _ = sink.push(Bytes::from_owner(result))?;
    }
    Ok(())
}

//! An INSERT with data: the body goes into the engine piece by piece.

use bytes::Bytes;

use super::body::Body;
use crate::exception::Exception;
use crate::ffi::{Connection, Params, Stats};

/// Feeds `first` and then the rest of the body into the table.
///
/// The engine writes block by block: when the data turns out damaged late, or the client goes away, blocks that were
/// complete before stay in the table. Rows of an acknowledged insert are all there.
pub(crate) fn run(
    connection: &mut Connection,
    sql: &[u8],
    format: &str,
    params: &Params,
    first: Bytes,
    body: &mut Body,
) -> Result<Stats, Exception> {
    let mut insert = connection.insert(sql, format, params)?;
    body.put_back(first);
    while let Some(piece) = body.next()? {
        insert.append(&piece)?;
    }
    insert.finish()
}

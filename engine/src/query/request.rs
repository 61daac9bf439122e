//! What a request asks for, once HTTP is peeled off.

use crate::compression::Encoding;
use crate::ffi::Params;
use crate::session::SessionRequest;

/// How the response's bytes are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutputEncoding {
    Identity,
    /// `compress=1`: ClickHouse blocks.
    Blocks,
    /// An HTTP content encoding, with a level for gzip and deflate.
    Content(Encoding, u32),
}

/// A query as the client put it.
#[derive(Clone, Debug)]
pub(crate) struct QueryRequest {
    /// SQL from the URL or a form field; the body may continue it.
    pub(crate) sql: Vec<u8>,
    pub(crate) query_id: String,
    pub(crate) database: Option<String>,
    /// The output format, and an INSERT's input format, where the SQL names none.
    pub(crate) format: Option<String>,
    pub(crate) session: Option<SessionRequest>,
    pub(crate) close_session: bool,
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) params: Params,
    /// GET and HEAD only read.
    pub(crate) read_only: bool,
    /// The body is in ClickHouse blocks (`decompress=1`).
    pub(crate) block_input: bool,
    pub(crate) content_encoding: String,
    pub(crate) output: OutputEncoding,
    /// Send nothing before the query has ended.
    pub(crate) wait_end: bool,
}

impl QueryRequest {
    /// A setting's value as given with the request.
    pub(crate) fn setting(&self, name: &str) -> Option<&str> {
        self.settings.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

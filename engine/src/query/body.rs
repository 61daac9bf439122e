//! The request body on the query's thread: frames from the connection, decoded as they come.

use std::io::{self, Read};

use bytes::{Buf, Bytes, BytesMut};
use tokio::sync::mpsc;

use super::QueryRequest;
use crate::compression::{BlockReader, decoder};
use crate::exception::{Exception, code};

/// Decoded data is handed on in pieces of this size.
const PIECE_BYTES: usize = 1 << 20;

/// A piece of the body, or its proper end. A channel that closes without `End` is a client that went away.
#[derive(Debug)]
pub(crate) enum Frame {
    Data(Bytes),
    End,
}

/// The frames of one request.
pub(crate) struct Frames {
    input: mpsc::Receiver<Frame>,
    left: Bytes,
    ended: bool,
}

impl Frames {
    pub(crate) fn new(input: mpsc::Receiver<Frame>) -> Self {
        Self { input, left: Bytes::new(), ended: false }
    }

    /// The next piece without a copy; `None` at the end.
    fn piece(&mut self) -> io::Result<Option<Bytes>> {
        loop {
            if !self.left.is_empty() {
                return Ok(Some(std::mem::take(&mut self.left)));
            }
            if self.ended {
                return Ok(None);
            }
            match self.input.blocking_recv() {
                Some(Frame::Data(data)) => self.left = data,
                Some(Frame::End) => self.ended = true,
                None => {
                    let text = "the client went away before the request body was complete";
                    return Err(io::Error::other(Exception::new(code::NETWORK_ERROR, text, "NETWORK_ERROR")));
                }
            }
        }
    }
}

impl Read for Frames {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let Some(mut piece) = self.piece()? else { return Ok(0) };
        let n = piece.len().min(out.len());
        piece.copy_to_slice(&mut out[..n]);
        self.left = piece;
        Ok(n)
    }
}

/// A body with its encodings undone.
pub(crate) struct Body {
    source: Source,
    /// Bytes that were read ahead, given out first.
    ahead: Bytes,
}

enum Source {
    Plain(Frames),
    Decoded(Box<dyn Read + Send>),
}

impl Body {
    pub(crate) fn new(frames: Frames, request: &QueryRequest) -> Result<Self, Exception> {
        let encoding = request.content_encoding.trim();
        let identity = encoding.is_empty() || encoding.eq_ignore_ascii_case("identity");
        let source = if identity && !request.block_input {
            Source::Plain(frames)
        } else {
            let input = decoder(encoding, Box::new(frames)).map_err(to_exception)?.ok_or_else(|| {
                let text = format!("Unknown Content-Encoding {encoding}; use gzip, deflate, lz4 or zstd");
                Exception::new(code::UNKNOWN_COMPRESSION_METHOD, text, "UNKNOWN_COMPRESSION_METHOD")
            })?;
            Source::Decoded(if request.block_input { Box::new(BlockReader::new(input)) } else { input })
        };
        Ok(Self { source, ahead: Bytes::new() })
    }

    /// The next piece; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Bytes>, Exception> {
        if !self.ahead.is_empty() {
            return Ok(Some(std::mem::take(&mut self.ahead)));
        }
        match &mut self.source {
            Source::Plain(frames) => frames.piece().map_err(to_exception),
            Source::Decoded(input) => read_piece(input).map_err(to_exception),
        }
    }

    /// Gives bytes back, to be read again first.
    pub(crate) fn put_back(&mut self, bytes: Bytes) {
        self.ahead = bytes;
    }

    /// Reads until `out` holds `limit` bytes or the body ends; true at the end. It may overshoot by one piece.
    pub(crate) fn read_until(&mut self, out: &mut Vec<u8>, limit: usize) -> Result<bool, Exception> {
        while out.len() < limit {
            match self.next()? {
                Some(piece) => out.extend_from_slice(&piece),
                None => return Ok(true),
            }
        }
        Ok(false)
    }
}

fn read_piece(input: &mut dyn Read) -> io::Result<Option<Bytes>> {
    let mut piece = BytesMut::zeroed(PIECE_BYTES);
    let mut filled = 0;
    while filled < PIECE_BYTES {
        match input.read(&mut piece[filled..])? {
            0 => break,
            n => filled += n,
        }
    }
    piece.truncate(filled);
    Ok((filled > 0).then(|| piece.freeze()))
}

/// Errors of ours travel through `io::Error`; what else fails is damaged input.
fn to_exception(error: io::Error) -> Exception {
    let text = error.to_string();
    match error.into_inner().map(|inner| inner.downcast::<Exception>()) {
        Some(Ok(exception)) => *exception,
        _ if text.contains("Code: ") => Exception::parse(&text),
        _ => Exception::new(
            code::CANNOT_DECOMPRESS,
            format!("cannot decode the request body: {text}"),
            "CANNOT_DECOMPRESS",
        ),
    }
}

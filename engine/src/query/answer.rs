//! The way back: a result is held until it is known whether it is small, then sent whole or as a stream.

use std::io;
use std::time::Instant;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::OutputEncoding;
use crate::compression::{Encoder, append_blocks};
use crate::exception::{Exception, code};
use crate::ffi::Stats;

/// Results up to this size are sent whole, with their length and complete counters.
const HOLD_BYTES: usize = 64 << 10;
/// Encoded chunks on the way to a client that reads slowly.
const CHUNKS_IN_FLIGHT: usize = 2;

/// What is known when the response's headers are written.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) format: String,
    pub(crate) stats: Stats,
    pub(crate) elapsed_ns: u128,
    /// Marks an exception inside a streamed body.
    pub(crate) tag: String,
}

/// A successful start of a response.
#[derive(Debug)]
pub(crate) enum Answer {
    Whole(Head, Bytes),
    /// The channel ends with an error when the query failed after its beginning was sent.
    Stream(Head, mpsc::Receiver<io::Result<Bytes>>),
}

/// The client went away, or waits for nothing more.
#[derive(Debug)]
pub(crate) struct Gone;

/// Takes a query's result chunk by chunk.
pub(crate) struct Sink {
    head: Head,
    start: Instant,
    wire: Wire,
    hold_bytes: usize,
    /// Whether going over `hold_bytes` is an error (the result was to be buffered whole).
    whole: bool,
    held: Vec<Bytes>,
    held_bytes: usize,
    answer: Option<oneshot::Sender<Result<Answer, Exception>>>,
    stream: Option<mpsc::Sender<io::Result<Bytes>>>,
    version: String,
}

enum Wire {
    Identity,
    Blocks,
    Content(Box<Encoder>),
}

impl Sink {
    pub(crate) fn new(
        answer: oneshot::Sender<Result<Answer, Exception>>,
        output: OutputEncoding,
        version: &str,
    ) -> io::Result<Self> {
        let wire = match output {
            OutputEncoding::Identity => Wire::Identity,
            OutputEncoding::Blocks => Wire::Blocks,
            OutputEncoding::Content(encoding, level) => {
                Wire::Content(Box::new(Encoder::new(encoding, level)?))
            }
        };
        let tag = uuid::Uuid::new_v4().simple().to_string()[..16].to_owned();
        Ok(Self {
            head: Head { format: String::new(), stats: Stats::default(), elapsed_ns: 0, tag },
            start: Instant::now(),
            wire,
            hold_bytes: HOLD_BYTES,
            whole: false,
            held: Vec::new(),
            held_bytes: 0,
            answer: Some(answer),
            stream: None,
            version: version.to_owned(),
        })
    }

    /// Names the output's format, for the response headers.
    pub(crate) fn set_format(&mut self, format: &str) {
        format.clone_into(&mut self.head.format);
    }

    /// Keeps the whole result back until the query has ended; a larger one than `bytes` is an error.
    pub(crate) fn wait_for_end(&mut self, bytes: usize) {
        (self.hold_bytes, self.whole) = (bytes, true);
    }

    pub(crate) fn add_stats(&mut self, stats: Stats) {
        let sum = &mut self.head.stats;
        sum.result_rows += stats.result_rows;
        sum.result_bytes += stats.result_bytes;
        sum.written_rows += stats.written_rows;
        sum.written_bytes += stats.written_bytes;
        sum.read_rows = sum.read_rows.max(stats.read_rows);
        sum.read_bytes = sum.read_bytes.max(stats.read_bytes);
    }

    /// Passes a chunk on. Waits while the client is slow.
    pub(crate) fn push(&mut self, chunk: Bytes) -> Result<Result<(), Gone>, Exception> {
        if self.stream.is_some() {
            return Ok(self.send(&chunk));
        }
        self.held_bytes += chunk.len();
        self.held.push(chunk);
        if self.held_bytes <= self.hold_bytes {
            return Ok(Ok(()));
        }
        if self.whole {
            let text = format!(
                "the result exceeds {} bytes, the limit for results that are held until the end",
                self.hold_bytes
            );
            return Err(Exception::new(code::TOO_MANY_ROWS_OR_BYTES, text, "TOO_MANY_ROWS_OR_BYTES"));
        }
        Ok(self.start_stream())
    }

    /// Ends the response: with what is held, or by closing the stream, or with the error in the best way left.
    pub(crate) fn finish(mut self, result: Result<(), Exception>) {
        match (result, self.answer.take()) {
            (Err(error), Some(answer)) => drop(answer.send(Err(error))),
            (Ok(()), Some(answer)) => {
                self.head.elapsed_ns = self.start.elapsed().as_nanos();
                let held = std::mem::take(&mut self.held);
                let whole = self.encode_whole(held).map(|body| Answer::Whole(self.head, body));
                let whole =
                    whole.map_err(|e| Exception::internal(format!("cannot compress the result: {e}")));
                drop(answer.send(whole));
            }
            (Ok(()), None) => self.close_stream(),
            (Err(error), None) => self.break_stream(&error),
        }
    }

    fn start_stream(&mut self) -> Result<(), Gone> {
        let (sender, receiver) = mpsc::channel(CHUNKS_IN_FLIGHT);
        self.head.elapsed_ns = self.start.elapsed().as_nanos();
        let answer = self.answer.take().ok_or(Gone)?;
        answer.send(Ok(Answer::Stream(self.head.clone(), receiver))).map_err(|_| Gone)?;
        self.stream = Some(sender);
        std::mem::take(&mut self.held).iter().try_for_each(|chunk| self.send(chunk))
    }

    fn send(&mut self, chunk: &Bytes) -> Result<(), Gone> {
        let encoded = self.encode(chunk);
        let stream = self.stream.as_ref().ok_or(Gone)?;
        stream.blocking_send(encoded).map_err(|_| Gone)
    }

    fn encode(&mut self, chunk: &Bytes) -> io::Result<Bytes> {
        match &mut self.wire {
            Wire::Identity => Ok(chunk.clone()),
            Wire::Blocks => {
                let mut blocks = Vec::new();
                append_blocks(chunk, &mut blocks);
                Ok(Bytes::from(blocks))
            }
            Wire::Content(encoder) => encoder.push(chunk).map(Bytes::from),
        }
    }

    fn encode_whole(&mut self, held: Vec<Bytes>) -> io::Result<Bytes> {
        if held.is_empty() {
            return Ok(Bytes::new());
        }
        let mut parts = held.iter().map(|chunk| self.encode(chunk)).collect::<io::Result<Vec<_>>>()?;
        parts.extend(self.encode_end()?);
        Ok(if parts.len() == 1 { parts.swap_remove(0) } else { Bytes::from(parts.concat()) })
    }

    fn encode_end(&mut self) -> io::Result<Option<Bytes>> {
        match std::mem::replace(&mut self.wire, Wire::Identity) {
            Wire::Content(encoder) => encoder.finish().map(|end| Some(Bytes::from(end))),
            Wire::Identity | Wire::Blocks => Ok(None),
        }
    }

    fn close_stream(mut self) {
        let end = self.encode_end();
        if let (Some(stream), Some(end)) = (&self.stream, end.transpose()) {
            let _ = stream.blocking_send(end);
        }
    }

    /// The exception as a server writes it into a body that has begun; then the connection is broken off, so that no
    /// client takes the body for complete.
    fn break_stream(mut self, error: &Exception) {
        let tag = &self.head.tag;
        let text = error.with_version(&self.version);
        let note =
            format!("\r\n__exception__\r\n{tag}\r\n{text}\n{} {tag}\r\n__exception__\r\n", text.len() + 1);
        let sent = self.send(&Bytes::from(note));
        if let (Ok(()), Some(stream)) = (sent, &self.stream) {
            let _ = stream.blocking_send(Err(io::Error::other(error.clone())));
        }
    }
}

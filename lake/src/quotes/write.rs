//! Quotes into Parquet, a row group at a time.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use polars::io::parquet::write::BatchedWriter;
use polars::prelude::{ParquetCompression, ParquetWriter};
use weekahead_market::{Session, Symbol};

use super::columns::{quote_frame, quote_schema};
use super::{LoadStamp, QuoteRow, QuoteRows};
use crate::{Error, Result};

/// Rows a row group: large enough to compress well, small enough to hold a few in memory.
pub const ROW_GROUP_ROWS: usize = 131_072;
const WRITING: &str = "writing quotes as Parquet";

/// Writes quotes as Parquet (zstd) while they come. Holds one row group and the compressed bytes so far.
///
/// Rows come in order of symbol and session; `content_hash` is computed here, so that it cannot disagree.
///
/// ```
/// use weekahead_lake::quotes::{LoadStamp, QuoteRow, QuoteWriter, read_quotes};
/// use weekahead_market::{Bar, CorporateAction};
/// let stamp = LoadStamp {
///     source: "yahoo".into(),
///     ingested_at: "2013-01-25T23:00:00Z".parse().unwrap(),
///     load_id: "013c73fd-9a80-7000-8000-000000000001".parse().unwrap(),
/// };
/// let row = QuoteRow {
///     symbol: "AAPL".parse().unwrap(),
///     session: "2013-01-25".parse().unwrap(),
///     bar: Bar { open: 451.69, high: 456.23, low: 435.0, close: 439.88, volume: 43_143_800.0 },
///     action: CorporateAction::NONE,
///     currency: "USD".into(),
///     event_time: 1_359_147_600_000_000,
///     available_at: 1_359_148_500_000_000,
/// };
/// let mut writer = QuoteWriter::new(stamp.clone()).unwrap();
/// writer.push(row.clone()).unwrap();
/// let (parquet, rows) = writer.finish().unwrap();
/// assert_eq!(rows, 1);
/// let (read, quotes) = read_quotes(parquet).unwrap();
/// assert_eq!((read, quotes.get(0)), (Some(stamp), Some(row)));
/// ```
pub struct QuoteWriter {
    stamp: LoadStamp,
    sink: Sink,
    writer: BatchedWriter<Sink>,
    group: QuoteRows,
    rows: u64,
    last: Option<(Symbol, Session)>,
}

impl QuoteWriter {
    /// A file of the load that `stamp` names ([`crate::LoadWriter::stamp`]).
    ///
    /// # Errors
    /// [`Error::Parquet`].
    pub fn new(stamp: LoadStamp) -> Result<Self> {
        let sink = Sink::default();
        let writer = ParquetWriter::new(sink.clone()).with_compression(ParquetCompression::Zstd(None));
        let writer = writer.batched(&quote_schema()).map_err(|e| Error::parquet(WRITING, e))?;
        Ok(Self { stamp, sink, writer, group: QuoteRows::default(), rows: 0, last: None })
    }

    /// Appends a row.
    ///
    /// # Errors
    /// [`Error::Unsorted`] unless it comes after the last one by symbol and session; [`Error::Parquet`].
    pub fn push(&mut self, row: QuoteRow) -> Result<()> {
        let last = self.last.as_ref().map(|(symbol, session)| (symbol, *session));
        if last >= Some((&row.symbol, row.session)) {
            return Err(Error::Unsorted { symbol: row.symbol.to_string(), session: row.session.to_string() });
        }
        self.last = Some((row.symbol.clone(), row.session));
        self.group.push(row);
        self.rows += 1;
        if self.group.len() == ROW_GROUP_ROWS { self.flush() } else { Ok(()) }
    }

    /// Rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The file and its number of rows, for [`crate::LoadWriter::put_quotes`].
    ///
    /// # Errors
    /// [`Error::Parquet`].
    pub fn finish(mut self) -> Result<(Bytes, u64)> {
        self.flush()?;
        self.writer.finish().map_err(|e| Error::parquet(WRITING, e))?;
        Ok((self.sink.take(), self.rows))
    }

    fn flush(&mut self) -> Result<()> {
        if self.group.is_empty() {
            return Ok(());
        }
        let frame = quote_frame(&self.stamp, &self.group).map_err(|e| Error::parquet(WRITING, e))?;
        self.writer.write_batch(&frame).map_err(|e| Error::parquet(WRITING, e))?;
        self.group.clear();
        Ok(())
    }
}

impl std::fmt::Debug for QuoteWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QuoteWriter")
            .field("stamp", &self.stamp)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

/// Bytes that stay in reach when polars owns their writer.
#[derive(Debug, Clone, Default)]
pub(super) struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    pub fn take(&self) -> Bytes {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

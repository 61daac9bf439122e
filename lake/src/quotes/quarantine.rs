//! Rejected rows, kept with their reason so that somebody can look.

use std::io::Cursor;

use bytes::Bytes;
use polars::prelude::{DataFrame, ParquetCompression, ParquetReader, ParquetWriter, PolarsResult, SerReader};
use weekahead_market::Session;

use super::LoadStamp;
use super::columns::{Frame, constant, dates, instants, quarantine_schema, texts};
use super::write::Sink;
use crate::{Error, Result};

/// A row that validation refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedRow {
    /// The symbol asked for.
    pub symbol: String,
    /// The session, when the row had one.
    pub session: Option<Session>,
    /// Why it was refused, in one word such as `high_below_low`.
    pub reason: String,
    /// The row as the provider said it, as JSON.
    pub detail: String,
}

/// The quarantine file of a load, for [`crate::LoadWriter::put_quarantine`].
///
/// # Errors
/// [`Error::Parquet`].
pub fn write_quarantine(stamp: &LoadStamp, rows: &[RejectedRow]) -> Result<Bytes> {
    const WRITING: &str = "writing rejected rows as Parquet";
    let sink = Sink::default();
    let writer = ParquetWriter::new(sink.clone()).with_compression(ParquetCompression::Zstd(None));
    let mut writer = writer.batched(&quarantine_schema()).map_err(|e| Error::parquet(WRITING, e))?;
    let frame = frame(stamp, rows).map_err(|e| Error::parquet(WRITING, e))?;
    writer.write_batch(&frame).map_err(|e| Error::parquet(WRITING, e))?;
    writer.finish().map_err(|e| Error::parquet(WRITING, e))?;
    Ok(sink.take())
}

/// Reads a quarantine file.
///
/// # Errors
/// [`Error::Parquet`] for a file that is none of ours.
pub fn read_quarantine(parquet: Bytes) -> Result<Vec<RejectedRow>> {
    let read = ParquetReader::new(Cursor::new(parquet)).finish();
    let frame = Frame(read.map_err(|e| Error::parquet("reading rejected rows from Parquet", e))?);
    let (symbols, sessions) = (frame.texts("symbol")?, frame.dates("session")?);
    let (reasons, details) = (frame.texts("reason")?, frame.texts("detail")?);
    let row = |i: usize| RejectedRow {
        symbol: symbols[i].to_owned(),
        session: sessions[i],
        reason: reasons[i].to_owned(),
        detail: details[i].to_owned(),
    };
    Ok((0..symbols.len()).map(row).collect())
}

fn frame(stamp: &LoadStamp, rows: &[RejectedRow]) -> PolarsResult<DataFrame> {
    let n = rows.len();
    let columns = vec![
        texts("symbol", rows.iter().map(|row| row.symbol.as_str())),
        dates("session", rows.iter().map(|row| row.session)),
        texts("reason", rows.iter().map(|row| row.reason.as_str())),
        texts("detail", rows.iter().map(|row| row.detail.as_str())),
        constant("source", &stamp.source, n),
        instants("ingested_at", vec![stamp.ingested_at.as_microsecond(); n]),
        constant("load_id", &stamp.load_id.to_string(), n),
    ];
    DataFrame::new(n, columns)
}

//! Quotes out of Parquet, a row group at a time.

use std::io::Cursor;
use std::sync::Arc;

use bytes::Bytes;
use polars::prelude::{ParquetReader, SerReader};
use weekahead_market::{Bar, CorporateAction, Session, Symbol};

use super::columns::{Frame, absurd};
use super::{LoadStamp, QuoteRows};
use crate::{Error, Result};

const READING: &str = "reading quotes from Parquet";

/// Reads a whole file: what it says about its load (`None` for a file without rows), and its rows.
///
/// # Errors
/// [`Error::Parquet`] for a file that is none of ours, or whose rows do not match their `content_hash`.
pub fn read_quotes(parquet: Bytes) -> Result<(Option<LoadStamp>, QuoteRows)> {
    let (mut stamp, mut rows) = (None, QuoteRows::default());
    for group in QuoteReader::new(parquet)? {
        let (group_stamp, group_rows) = group?;
        if stamp.as_ref().is_some_and(|stamp| *stamp != group_stamp) {
            return Err(Error::parquet(READING, "the rows of one file name several loads"));
        }
        stamp = Some(group_stamp);
        rows.append(group_rows);
    }
    Ok((stamp, rows))
}

/// Iterates over a file's row groups, holding one at a time.
#[derive(Debug)]
pub struct QuoteReader {
    parquet: Bytes,
    /// Rows of each group.
    groups: std::vec::IntoIter<usize>,
    start: usize,
}

impl QuoteReader {
    /// Looks at the file's footer.
    ///
    /// # Errors
    /// [`Error::Parquet`] when it is no Parquet file.
    pub fn new(parquet: Bytes) -> Result<Self> {
        let mut reader = ParquetReader::new(Cursor::new(parquet.clone()));
        let metadata = reader.get_metadata().map_err(|e| Error::parquet(READING, e))?;
        let groups: Vec<usize> = metadata.row_groups.iter().map(|group| group.num_rows()).collect();
        Ok(Self { parquet, groups: groups.into_iter(), start: 0 })
    }

    fn group(&self, rows: usize) -> Result<(LoadStamp, QuoteRows)> {
        let reader =
            ParquetReader::new(Cursor::new(self.parquet.clone())).with_slice(Some((self.start, rows)));
        let frame = Frame(reader.finish().map_err(|e| Error::parquet(READING, e))?);
        let stamp = frame.stamp()?.ok_or_else(|| Error::parquet(READING, "a row group without rows"))?;
        Ok((stamp, quotes(&frame)?))
    }
}

impl Iterator for QuoteReader {
    type Item = Result<(LoadStamp, QuoteRows)>;

    fn next(&mut self) -> Option<Self::Item> {
        let rows = self.groups.by_ref().find(|rows| *rows > 0)?;
        let group = self.group(rows);
        self.start += rows;
        Some(group)
    }
}

fn quotes(frame: &Frame) -> Result<QuoteRows> {
    let sessions: Option<Vec<Session>> = frame.dates("session")?.into_iter().collect();
    let rows = QuoteRows {
        symbols: symbols(&frame.texts("symbol")?)?,
        sessions: sessions.ok_or_else(|| Error::parquet(READING, "session has missing values"))?,
        bars: bars(frame)?,
        actions: actions(frame)?,
        currencies: interned(&frame.texts("currency")?, |text| Ok(Arc::from(text)))?,
        event_times: frame.instants("event_time")?,
        available_ats: frame.instants("available_at")?,
    };
    let hashes = rows.bars.iter().zip(&rows.actions).map(|(bar, action)| bar.content_hash(action));
    if hashes.eq(frame.hashes("content_hash")?) {
        Ok(rows)
    } else {
        Err(Error::parquet(READING, "a row does not match its content_hash"))
    }
}

fn symbols(texts: &[&str]) -> Result<Vec<Symbol>> {
    interned(texts, |text| Symbol::new(text).map_err(|_| absurd("symbol", text)))
}

/// Neighbours are mostly equal: they share one allocation.
fn interned<T: Clone>(texts: &[&str], make: impl Fn(&str) -> Result<T>) -> Result<Vec<T>> {
    let mut values = Vec::with_capacity(texts.len());
    for run in texts.chunk_by(|a, b| a == b) {
        let value = make(run[0])?;
        values.extend(std::iter::repeat_n(value, run.len()));
    }
    Ok(values)
}

fn bars(frame: &Frame) -> Result<Vec<Bar>> {
    let (open, high, low) = (frame.floats("open")?, frame.floats("high")?, frame.floats("low")?);
    let (close, volume) = (frame.floats("close")?, frame.floats("volume")?);
    let bar = |i| Bar { open: open[i], high: high[i], low: low[i], close: close[i], volume: volume[i] };
    Ok((0..open.len()).map(bar).collect())
}

fn actions(frame: &Frame) -> Result<Vec<CorporateAction>> {
    let (dividend, split) = (frame.floats("dividend")?, frame.floats("split")?);
    let both = dividend.into_iter().zip(split);
    Ok(both.map(|(dividend, split)| CorporateAction { dividend, split }).collect())
}

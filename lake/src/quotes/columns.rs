//! Rust columns to polars columns and back, by the files' schema.

use jiff::Timestamp;
use polars::prelude::*;
use weekahead_market::{Session, Symbol};

use super::{LoadStamp, QuoteRows};
use crate::{Error, Result};

const READING: &str = "reading a Parquet file of the lake";

/// `Timestamp(us, UTC)`.
fn instant_type() -> DataType {
    DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC))
}

pub(super) fn quote_schema() -> Schema {
    let floats = ["open", "high", "low", "close", "volume", "dividend", "split"];
    let mut fields = vec![("symbol", DataType::String), ("session", DataType::Date)];
    fields.extend(floats.map(|name| (name, DataType::Float64)));
    fields.extend([("currency", DataType::String), ("source", DataType::String)]);
    fields.extend(["event_time", "available_at", "ingested_at"].map(|name| (name, instant_type())));
    fields.extend([("content_hash", DataType::UInt64), ("load_id", DataType::String)]);
    schema(fields)
}

pub(super) fn quarantine_schema() -> Schema {
    schema(vec![
        ("symbol", DataType::String),
        ("session", DataType::Date),
        ("reason", DataType::String),
        ("detail", DataType::String),
        ("source", DataType::String),
        ("ingested_at", instant_type()),
        ("load_id", DataType::String),
    ])
}

fn schema(fields: Vec<(&str, DataType)>) -> Schema {
    fields.into_iter().map(|(name, dtype)| Field::new(name.into(), dtype)).collect()
}

/// One row group's frame.
pub(super) fn quote_frame(stamp: &LoadStamp, rows: &QuoteRows) -> PolarsResult<DataFrame> {
    let n = rows.len();
    let float = |name: &str, value: fn(&QuoteRows, usize) -> f64| {
        Column::new(name.into(), (0..n).map(|i| value(rows, i)).collect::<Vec<f64>>())
    };
    let hashes: Vec<u64> =
        rows.bars.iter().zip(&rows.actions).map(|(bar, action)| bar.content_hash(action)).collect();
    let columns = vec![
        texts("symbol", rows.symbols.iter().map(Symbol::as_str)),
        dates("session", rows.sessions.iter().map(|session| Some(*session))),
        float("open", |r, i| r.bars[i].open),
        float("high", |r, i| r.bars[i].high),
        float("low", |r, i| r.bars[i].low),
        float("close", |r, i| r.bars[i].close),
        float("volume", |r, i| r.bars[i].volume),
        float("dividend", |r, i| r.actions[i].dividend),
        float("split", |r, i| r.actions[i].split),
        texts("currency", rows.currencies.iter().map(|currency| &**currency)),
        constant("source", &stamp.source, n),
        instants("event_time", rows.event_times.clone()),
        instants("available_at", rows.available_ats.clone()),
        instants("ingested_at", vec![stamp.ingested_at.as_microsecond(); n]),
        Column::new("content_hash".into(), hashes),
        constant("load_id", &stamp.load_id.to_string(), n),
    ];
    DataFrame::new(n, columns)
}

pub(super) fn texts<'a>(name: &str, values: impl Iterator<Item = &'a str>) -> Column {
    StringChunked::from_iter_values(name.into(), values).into_column()
}

pub(super) fn dates(name: &str, sessions: impl Iterator<Item = Option<Session>>) -> Column {
    let days: Int32Chunked = sessions.map(|session| session.map(Session::days_since_epoch)).collect();
    days.with_name(name.into()).into_series().into_date().into_column()
}

pub(super) fn instants(name: &str, micros: Vec<i64>) -> Column {
    let series = Series::new(name.into(), micros);
    series.into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)).into_column()
}

pub(super) fn constant(name: &str, value: &str, rows: usize) -> Column {
    StringChunked::full(name.into(), value, rows).into_column()
}

/// The columns of a frame that was read, by name and type; every failure names the column.
pub(super) struct Frame(pub DataFrame);

impl Frame {
    pub fn texts(&self, name: &str) -> Result<Vec<&str>> {
        let column = self.0.column(name).and_then(Column::str).map_err(|e| Error::parquet(READING, e))?;
        self.all(name, column.iter())
    }

    pub fn floats(&self, name: &str) -> Result<Vec<f64>> {
        let column = self.0.column(name).and_then(Column::f64).map_err(|e| Error::parquet(READING, e))?;
        self.all(name, column.iter())
    }

    pub fn hashes(&self, name: &str) -> Result<Vec<u64>> {
        let column = self.0.column(name).and_then(Column::u64).map_err(|e| Error::parquet(READING, e))?;
        self.all(name, column.iter())
    }

    pub fn instants(&self, name: &str) -> Result<Vec<i64>> {
        let column = self.0.column(name).map_err(|e| Error::parquet(READING, e))?;
        if column.dtype() != &instant_type() {
            return Err(Error::parquet(
                READING,
                format!("{name} is {}, not Timestamp(us, UTC)", column.dtype()),
            ));
        }
        let column = column.datetime().map_err(|e| Error::parquet(READING, e))?;
        self.all(name, column.physical().iter())
    }

    pub fn dates(&self, name: &str) -> Result<Vec<Option<Session>>> {
        let column = self.0.column(name).and_then(Column::date).map_err(|e| Error::parquet(READING, e))?;
        let session = |days| Session::from_days_since_epoch(days).ok_or_else(|| absurd(name, days));
        column.physical().iter().map(|days| days.map(session).transpose()).collect()
    }

    /// What all rows say about their load; `None` when there is no row.
    pub fn stamp(&self) -> Result<Option<LoadStamp>> {
        let (sources, load_ids) = (self.texts("source")?, self.texts("load_id")?);
        let ingested = self.instants("ingested_at")?;
        let (Some(source), Some(load_id), Some(at)) = (sources.first(), load_ids.first(), ingested.first())
        else {
            return Ok(None);
        };
        if sources.iter().any(|s| s != source)
            || load_ids.iter().any(|l| l != load_id)
            || ingested.iter().any(|i| i != at)
        {
            return Err(Error::parquet(READING, "the rows of one file name several loads"));
        }
        Ok(Some(LoadStamp {
            source: (*source).to_owned(),
            ingested_at: Timestamp::from_microsecond(*at).map_err(|e| Error::parquet(READING, e))?,
            load_id: load_id.parse().map_err(|_| absurd("load_id", load_id))?,
        }))
    }

    fn all<T>(&self, name: &str, values: impl Iterator<Item = Option<T>>) -> Result<Vec<T>> {
        let missing = || Error::parquet(READING, format!("{name} has missing values"));
        values.map(|value| value.ok_or_else(missing)).collect()
    }
}

pub(super) fn absurd(name: &str, value: impl std::fmt::Display) -> Error {
    Error::parquet(READING, format!("`{value}` cannot be a {name}"))
}

//! Files of quotes: CSV, gzipped CSV and Parquet, in the layouts that are common.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use jiff::civil::Date;
use polars::prelude::*;
use weekahead_market::{Bar, CorporateAction, Session, Symbol};

use super::{DayQuote, SymbolQuotes, infer_actions};
use crate::{Error, Result};

/// Other names that files give the columns (after lower-casing, with `_` for a space).
const ALIASES: [(&str, &str); 8] = [
    ("ticker", "symbol"),
    ("name", "symbol"),
    ("session", "date"),
    ("datetime", "date"),
    ("adjclose", "adj_close"),
    ("dividends", "dividend"),
    ("stock_splits", "split"),
    ("splits", "split"),
];

/// The quotes of a file by symbol; without a `symbol` column, of the symbol that the file is named after.
///
/// Columns `date open high low close volume [adj_close] [dividend] [split] [symbol]`, in any order and case.
/// Without `dividend` and `split`, both are inferred from `adj_close` when there is one.
pub(super) fn read(path: &Path) -> Result<Vec<(Symbol, SymbolQuotes)>> {
    let unusable = |reason: String| Error::File { path: path.to_owned(), reason };
    let frame = frame(path).map_err(unusable)?;
    let quotes = Table { frame, path }.quotes().map_err(unusable)?;
    Ok(quotes.into_iter().collect())
}

fn frame(path: &Path) -> Result<DataFrame, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let file = File::open(path).map_err(|e| e.to_string())?;
    let mut frame = if name.ends_with(".parquet") {
        ParquetReader::new(file).finish().map_err(|e| e.to_string())?
    } else if name.ends_with(".csv.gz") {
        csv(flate2::read::MultiGzDecoder::new(file))?
    } else if name.ends_with(".csv") {
        csv(file)?
    } else {
        return Err("files of quotes end in .csv, .csv.gz or .parquet".to_owned());
    };
    let names: Vec<String> = frame.get_column_names().iter().map(|name| canonical(name)).collect();
    frame.set_column_names(&names).map_err(|e| e.to_string())?;
    Ok(frame)
}

/// Every column as text: what a value is follows from its column's name, not from its first rows.
fn csv(mut bytes: impl Read) -> Result<DataFrame, String> {
    let mut text = Vec::new();
    bytes.read_to_end(&mut text).map_err(|e| e.to_string())?;
    let options = CsvReadOptions::default().with_has_header(true).with_infer_schema_length(Some(0));
    options.into_reader_with_file_handle(Cursor::new(text)).finish().map_err(|e| e.to_string())
}

fn canonical(name: &str) -> String {
    let name = name.trim().to_lowercase().replace(' ', "_");
    let alias = ALIASES.iter().find(|(other, _)| *other == name);
    alias.map_or(name, |(_, ours)| (*ours).to_owned())
}

struct Table<'a> {
    frame: DataFrame,
    path: &'a Path,
}

impl Table<'_> {
    fn quotes(&self) -> Result<BTreeMap<Symbol, SymbolQuotes>, String> {
        let (symbols, sessions, bars) = (self.symbols()?, self.sessions()?, self.bars()?);
        let adjusted = self.optional("adj_close")?;
        let (dividends, splits) = (self.optional("dividend")?, self.optional("split")?);
        let infer = dividends.is_none() && splits.is_none() && adjusted.is_some();
        let mut rows: BTreeMap<Symbol, Vec<(DayQuote, f64)>> = BTreeMap::new();
        for (i, session) in sessions.into_iter().enumerate() {
            let at = |column: &Option<Vec<f64>>| column.as_ref().map_or(f64::NAN, |values| values[i]);
            let day = DayQuote { session, bar: bars[i], action: told(at(&dividends), at(&splits)) };
            rows.entry(symbols[i].clone()).or_default().push((day, at(&adjusted)));
        }
        let finish = |(symbol, rows): (Symbol, Vec<_>)| {
            let twice = |session| format!("{symbol} has {session} twice");
            let quotes =
                SymbolQuotes::new(if infer { with_inferred(rows) } else { days(rows) }).map_err(twice)?;
            Ok((symbol, quotes))
        };
        rows.into_iter().map(finish).collect()
    }

    fn symbols(&self) -> Result<Vec<Symbol>, String> {
        let symbol = |text: &str| Symbol::new(text).map_err(|e| e.to_string());
        let Ok(column) = self.frame.column("symbol") else {
            let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let stem = [".csv.gz", ".csv", ".parquet"].into_iter().find_map(|end| name.strip_suffix(end));
            return Ok(vec![symbol(stem.unwrap_or(&name))?; self.frame.height()]);
        };
        let texts = column.cast(&DataType::String).map_err(|e| e.to_string())?;
        let texts = texts.str().map_err(|e| e.to_string())?;
        let mut symbols: Vec<Symbol> = Vec::with_capacity(texts.len());
        for text in texts.iter() {
            let text = text.ok_or("a row has no symbol")?;
            let same = symbols.last().filter(|last| last.as_str() == text).cloned();
            symbols.push(same.map_or_else(|| symbol(text), Ok)?);
        }
        Ok(symbols)
    }

    fn sessions(&self) -> Result<Vec<Session>, String> {
        let column = self.frame.column("date").map_err(|_| self.lacks("date"))?;
        let missing = || "a row has no date".to_owned();
        if column.dtype() == &DataType::String {
            let texts = column.str().map_err(|e| e.to_string())?;
            return texts.iter().map(|text| text.ok_or_else(missing).and_then(session)).collect();
        }
        let dates = column.cast(&DataType::Date).map_err(|e| e.to_string())?;
        let dates = dates.date().map_err(|e| e.to_string())?;
        let session = |day: Option<i32>| day.and_then(Session::from_days_since_epoch).ok_or_else(missing);
        dates.physical().iter().map(session).collect()
    }

    fn bars(&self) -> Result<Vec<Bar>, String> {
        let column = |name: &str| self.optional(name)?.ok_or_else(|| self.lacks(name));
        let (open, high, low) = (column("open")?, column("high")?, column("low")?);
        let (close, volume) = (column("close")?, column("volume")?);
        let bar = |i| Bar { open: open[i], high: high[i], low: low[i], close: close[i], volume: volume[i] };
        Ok((0..open.len()).map(bar).collect())
    }

    /// NaN where a value is missing; `None` without the column.
    fn optional(&self, name: &str) -> Result<Option<Vec<f64>>, String> {
        let Ok(column) = self.frame.column(name) else {
            return Ok(None);
        };
        let numbers = column.strict_cast(&DataType::Float64).map_err(|e| e.to_string())?;
        let numbers = numbers.f64().map_err(|e| e.to_string())?;
        Ok(Some(numbers.iter().map(|number| number.unwrap_or(f64::NAN)).collect()))
    }

    fn lacks(&self, name: &str) -> String {
        format!("it has no column `{name}`, only {:?}", self.frame.get_column_names())
    }
}

/// A date, or the date that a longer timestamp begins with.
fn session(text: &str) -> Result<Session, String> {
    let date = text.get(..10).unwrap_or(text);
    date.parse::<Date>().map(Session::from_date).map_err(|_| format!("`{text}` is no date: write YYYY-MM-DD"))
}

/// Files write a day without a dividend or a split as 0 or as nothing.
fn told(dividend: f64, split: f64) -> CorporateAction {
    CorporateAction {
        dividend: if dividend > 0.0 { dividend } else { 0.0 },
        split: if split > 0.0 { split } else { 1.0 },
    }
}

fn days(rows: Vec<(DayQuote, f64)>) -> Vec<DayQuote> {
    rows.into_iter().map(|(day, _)| day).collect()
}

fn with_inferred(mut rows: Vec<(DayQuote, f64)>) -> Vec<DayQuote> {
    rows.sort_by_key(|(day, _)| day.session);
    let closes: Vec<f64> = rows.iter().map(|(day, _)| day.bar.close).collect();
    let adjusted: Vec<f64> = rows.iter().map(|(_, adjusted)| *adjusted).collect();
    let mut days = days(rows);
    for (day, action) in days.iter_mut().zip(infer_actions(&closes, &adjusted)) {
        day.action = action;
    }
    days
}

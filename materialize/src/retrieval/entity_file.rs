//! The rows to answer: a file with the columns `symbol` and `as_of`, and whatever else its owner keeps in it.

use std::fs::File;
use std::path::Path;

use jiff::Timestamp;
use polars::prelude::*;
use weekahead_market::AsOf;
use weekahead_warehouse::Entities;

use super::file_format::{FileFormat, refused};
use crate::{Error, Result};

/// An entity file that was read.
#[derive(Debug)]
pub(super) struct EntityFile {
    /// All columns, as they are in the file; those of a CSV are text.
    pub frame: DataFrame,
    pub entities: Entities,
}

impl EntityFile {
    /// Reads the whole file.
    ///
    /// An `as_of` is an instant with a time zone, or a date, which stands for the last microsecond of that day in UTC, as
    /// everywhere: by then the day's sessions are known that closed in time. An instant without a zone could be meant
    /// in the exchange's or in UTC, hours apart, and is refused.
    pub fn read(path: &Path) -> Result<Self> {
        let frame = match FileFormat::of(path)? {
            FileFormat::Parquet => parquet(path),
            FileFormat::Csv => csv(path),
        };
        let frame = frame.map_err(|error| refused(path, error))?;
        let columns = Columns { frame: &frame, path };
        let (symbols, as_ofs) = (columns.symbols()?, columns.as_ofs()?);
        let mut entities = Entities::default();
        symbols
            .iter()
            .zip(as_ofs)
            .for_each(|(symbol, as_of)| entities.push(symbol.unwrap_or_default(), as_of));
        drop(symbols);
        Ok(Self { frame, entities })
    }
}

fn parquet(path: &Path) -> PolarsResult<DataFrame> {
    ParquetReader::new(File::open(path)?).finish()
}

/// Every column as text: a CSV has no types, and text is carried through as it is.
fn csv(path: &Path) -> PolarsResult<DataFrame> {
    let options = CsvReadOptions::default().with_has_header(true).with_infer_schema_length(Some(0));
    options.into_reader_with_file_handle(File::open(path)?).finish()
}

struct Columns<'a> {
    frame: &'a DataFrame,
    path: &'a Path,
}

impl Columns<'_> {
    fn symbols(&self) -> Result<StringChunked> {
        let column = self.column("symbol")?;
        let texts = column.str().map_err(|_| self.wrong("symbol", column.dtype(), "text"))?;
        self.complete("symbol", column)?;
        Ok(texts.clone())
    }

    fn as_ofs(&self) -> Result<Vec<AsOf>> {
        const WANTED: &str =
            "instants with a time zone, dates, or text such as 2013-01-25T21:30:00Z or 2013-01-25";
        let column = self.column("as_of")?;
        self.complete("as_of", column)?;
        let wrong = || self.wrong("as_of", column.dtype(), WANTED);
        match column.dtype() {
            DataType::String => {
                let texts = column.str().map_err(|_| wrong())?;
                texts
                    .iter()
                    .enumerate()
                    .map(|(row, text)| self.parsed(row, text.unwrap_or_default()))
                    .collect()
            }
            DataType::Datetime(unit, Some(_)) => {
                let instants = column.datetime().map_err(|_| wrong())?.physical();
                let instant = |(row, at): (usize, Option<i64>)| {
                    self.instant(row, micros(at.unwrap_or_default(), *unit))
                };
                instants.iter().enumerate().map(instant).collect()
            }
            DataType::Date => {
                let days = column.date().map_err(|_| wrong())?.physical();
                let end =
                    |(row, day): (usize, Option<i32>)| self.instant(row, end_of_day(day.unwrap_or_default()));
                days.iter().enumerate().map(end).collect()
            }
            _ => Err(wrong()),
        }
    }

    fn column(&self, name: &str) -> Result<&Column> {
        self.frame.column(name).map_err(|_| {
            let names = self.frame.get_column_names();
            let names = names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
            refused(self.path, format!("it has no column `{name}`, only {names}"))
        })
    }

    fn complete(&self, name: &str, column: &Column) -> Result<()> {
        match column.is_null().first_true_idx() {
            None => Ok(()),
            Some(row) => Err(refused(self.path, format!("column `{name}` has no value in row {}", row + 1))),
        }
    }

    fn parsed(&self, row: usize, text: &str) -> Result<AsOf> {
        text.parse().map_err(|error| self.at(row, error))
    }

    fn instant(&self, row: usize, micros: Option<i64>) -> Result<AsOf> {
        let instant = micros.and_then(|micros| Timestamp::from_microsecond(micros).ok());
        instant.map(AsOf::at).ok_or_else(|| self.at(row, "it lies beyond the year 9999"))
    }

    fn at(&self, row: usize, problem: impl std::fmt::Display) -> Error {
        refused(self.path, format!("column `as_of`, row {}: {problem}", row + 1))
    }

    fn wrong(&self, name: &str, found: &DataType, wanted: &str) -> Error {
        refused(self.path, format!("column `{name}` holds {found}: write {wanted}"))
    }
}

/// Parts below the microsecond are dropped: whoever stands between two microseconds has seen the first.
fn micros(instant: i64, unit: TimeUnit) -> Option<i64> {
    match unit {
        TimeUnit::Nanoseconds => Some(instant.div_euclid(1_000)),
        TimeUnit::Microseconds => Some(instant),
        TimeUnit::Milliseconds => instant.checked_mul(1_000),
    }
}

fn end_of_day(day: i32) -> Option<i64> {
    (i64::from(day) + 1).checked_mul(86_400_000_000).map(|next| next - 1)
}

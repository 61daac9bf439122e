//! A CSV body: a header with the features' names, then a row a line.

use std::collections::HashSet;

use ::csv::{ReaderBuilder, StringRecord};

use super::super::numbers::{Fault, float, shortened};
use super::table::{Column, Table};

/// What pandas writes or reads for a missing value.
const MISSING: [&str; 9] = ["", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "<NA>"];

/// The values of all rows, one row after the other, in the order of `features`.
///
/// # Errors
/// [`Fault`] where it is no CSV, a column is missing or a value is no number.
pub(super) fn rows(body: &[u8], features: &[String]) -> Result<Vec<f32>, Fault> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if std::str::from_utf8(body).is_err() {
        return Err(Fault::unreadable("the body is not UTF-8"));
    }
    let mut reader = ReaderBuilder::new().from_reader(body);
    let mut table = Table::new(features);
    let columns = columns(reader.headers().map_err(unreadable)?, &mut table)?;
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(unreadable)? {
        table.begin()?;
        for (column, text) in columns.iter().zip(&record) {
            if let Column::Feature(place) | Column::Tensor(Some(place)) = *column {
                table.set(place, value(text)?);
            }
        }
    }
    table.finish()
}

fn columns(header: &StringRecord, table: &mut Table<'_>) -> Result<Vec<Column>, Fault> {
    let (mut columns, mut known) = (Vec::with_capacity(header.len()), HashSet::new());
    for name in header {
        let column = table.column(name, columns.len());
        if column != Column::Other && !known.insert(column) {
            return Err(Fault::unreadable(format!("the column `{}` is there twice", shortened(name))));
        }
        columns.push(column);
    }
    Ok(columns)
}

fn value(text: &str) -> Result<f32, Fault> {
    if MISSING.contains(&text) {
        return Ok(f32::NAN);
    }
    float(text).ok_or_else(|| Fault::unreadable(format!("`{}` is no number", shortened(text))))
}

fn unreadable(error: ::csv::Error) -> Fault {
    Fault::unreadable(format!("the body is no CSV: {error}"))
}

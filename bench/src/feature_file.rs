//! Our features as Parquet, for the peers and for the cross-check.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use anyhow::Context;
use polars::prelude::*;
use weekahead_features::{FeatureMatrix, View, compute_panel};
use weekahead_market::Symbol;

use crate::panel::Quotes;

/// A sample has every so many-th row, in order of symbol and session; coprime to the sessions of a symbol.
pub const SAMPLE_EVERY: usize = 101;

/// Writes every [`SAMPLE_EVERY`]th row: symbol, date and all features.
pub fn write_sample(
    path: &Path,
    view: &View,
    features: &BTreeMap<Symbol, FeatureMatrix>,
) -> anyhow::Result<()> {
    let all =
        features.iter().flat_map(|(symbol, matrix)| (0..matrix.len()).map(move |row| (symbol, matrix, row)));
    let sample: Vec<_> = all.step_by(SAMPLE_EVERY).collect();
    let symbols: Vec<&str> = sample.iter().map(|(symbol, ..)| symbol.as_str()).collect();
    let days = sample.iter().map(|(_, matrix, row)| matrix.sessions[*row].days_since_epoch()).collect();
    let date = Int32Chunked::from_vec("date".into(), days).into_series().into_date();
    let mut columns = vec![Column::new("symbol".into(), symbols), date.into_column()];
    for (at, name) in view.features().iter().enumerate() {
        let values: Vec<f32> = sample.iter().map(|(_, matrix, row)| matrix.columns[at][*row]).collect();
        columns.push(Column::new(name.into(), values));
    }
    write(path, columns)
}

/// Writes some features of every row as Feast reads them: symbol, event_timestamp, features. A row's instant is when
/// it was known.
pub fn write_for_feast(path: &Path, view: &View, quotes: &Quotes, names: &[&str]) -> anyhow::Result<()> {
    let features = compute_panel(view, &quotes.panel()?);
    let symbols: Vec<&str> = features
        .iter()
        .flat_map(|(symbol, matrix)| std::iter::repeat_n(symbol.as_str(), matrix.len()))
        .collect();
    let known: Vec<i64> =
        features.values().flat_map(|matrix| matrix.knowledge_times.iter().copied()).collect();
    let mut columns = vec![Column::new("symbol".into(), symbols), instants("event_timestamp", known)];
    for name in names {
        let at = view.position(name).with_context(|| format!("{} has no {name}", view.name()))?;
        let values: Vec<f32> =
            features.values().flat_map(|matrix| matrix.columns[at].iter().copied()).collect();
        columns.push(Column::new((*name).into(), values));
    }
    write(path, columns)
}

/// A column of instants, from microseconds since 1970-01-01 UTC.
pub fn instants(name: &str, micros: Vec<i64>) -> Column {
    let instants = Int64Chunked::from_vec(name.into(), micros).into_series();
    instants.into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)).into_column()
}

/// Writes columns as Parquet.
pub fn write(path: &Path, columns: Vec<Column>) -> anyhow::Result<()> {
    let mut frame = DataFrame::new(columns.first().map_or(0, Column::len), columns)?;
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    ParquetWriter::new(file).finish(&mut frame)?;
    Ok(())
}

/// Reads Parquet.
pub fn read(path: &Path) -> anyhow::Result<DataFrame> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(ParquetReader::new(file).finish()?)
}

//! What a series must hold, and what is simple about it.

use crate::{Error, Result};

/// The largest size of a value, and the least value that counts as above 0, in itself and as a share of the largest one:
/// beyond them variances of ten steps would be no numbers.
const LARGEST: f64 = 1e30;
const LEAST: f64 = 1e-40;
const LEAST_SHARE: f64 = 1e-10;

/// Fails unless there are enough values, all of them numbers that can be squared.
pub(super) fn check_values(series: &[f64], needed: usize) -> Result<()> {
    if series.len() < needed {
        return Err(Error::SeriesTooShort { found: series.len(), needed });
    }
    check_each(series, "finite and at most 1e30 in size", |value| value.abs() <= LARGEST)
}

/// Fails unless all values are above 0.
pub(super) fn check_positive(series: &[f64]) -> Result<()> {
    let least = LEAST.max(LEAST_SHARE * series.iter().copied().fold(0.0, f64::max));
    check_each(series, "above 0, and above 1e-10 of the largest, for multiplicative errors", |value| {
        value >= least
    })
}

fn check_each(series: &[f64], allowed: &'static str, holds: impl Fn(f64) -> bool) -> Result<()> {
    match series.iter().position(|value| !holds(*value)) {
        Some(position) => Err(Error::SeriesValue { position, value: series[position], allowed }),
        None => Ok(()),
    }
}

/// The value of a series that has one value alone.
pub(super) fn constant(series: &[f64]) -> Option<f64> {
    series.first().copied().filter(|first| series.iter().all(|value| value == first))
}

/// A least-squares line through the first ten values: its value one step before them, and its slope.
pub(super) fn first_line(series: &[f64]) -> (f64, f64) {
    line(&series[..series.len().min(10)])
}

/// A least-squares line: its value one step before the series, and its slope a step.
pub(super) fn line(series: &[f64]) -> (f64, f64) {
    let n = series.len() as f64;
    let mean = series.iter().sum::<f64>() / n;
    let middle = (n + 1.0) / 2.0;
    let at = |index: usize| (index + 1) as f64 - middle;
    let crossed: f64 = series.iter().enumerate().map(|(index, value)| at(index) * (value - mean)).sum();
    let slope = crossed / (n * (n * n - 1.0) / 12.0);
    (mean - slope * middle, slope)
}

//! Whether two contenders computed the same features: a figure of speed says nothing about a wrong value.

use std::path::Path;

use anyhow::ensure;
use polars::prelude::*;

use crate::feature_file::{SAMPLE_EVERY, read};
use crate::panel::SESSIONS;
use crate::report::quantile;

/// Rows of a symbol that peers may fill or leave missing as they like: their windows are not full.
const WARM_UP: usize = 60;
/// The largest difference in units of the feature's standard deviation, at the 99.9th percentile of rows.
const TOLERANCE: f64 = 1e-3;

/// Compares samples of the same rows and tells of the features that differ.
pub fn compare(ours: &Path, peer: &str, theirs: &Path) -> anyhow::Result<String> {
    let (ours, theirs) = (read(ours)?, read(theirs)?);
    for key in ["symbol", "date"] {
        let kind = if key == "date" { DataType::Date } else { DataType::String };
        let same = ours.column(key)?.cast(&kind)?.equals(&theirs.column(key)?.cast(&kind)?);
        ensure!(same, "{peer} has other rows than we: their {key} differs");
    }
    let names: Vec<String> = ours.get_column_names().into_iter().skip(2).map(ToString::to_string).collect();
    let mut differing = Vec::new();
    for name in &names {
        let (distance, missing) = difference(&values(&ours, name)?, &values(&theirs, name)?);
        // A distance that is no number is no agreement either.
        if distance.is_nan() || distance > TOLERANCE || missing > 0 {
            differing.push(format!("{name} ({distance:.1e} standard deviations, {missing} missing in one)"));
        }
    }
    let agreed = names.len() - differing.len();
    let text =
        format!("{peer}: {agreed} of {} features agree on {} sampled rows", names.len(), ours.height());
    let but = if differing.is_empty() { String::new() } else { format!(", but {}", differing.join(", ")) };
    Ok(format!("{text}{but}\n"))
}

/// The distance at the 99.9th percentile, and how many values only one side has.
fn difference(ours: &[f64], theirs: &[f64]) -> (f64, usize) {
    let full = (0..ours.len()).filter(|row| row * SAMPLE_EVERY % SESSIONS >= WARM_UP);
    let (mut both, mut missing) = (Vec::new(), 0);
    for row in full {
        match (ours[row].is_finite(), theirs[row].is_finite()) {
            (true, true) => both.push((ours[row], theirs[row])),
            (false, false) => {}
            _ => missing += 1,
        }
    }
    let count = both.len() as f64;
    let mean = both.iter().map(|(_, value)| value).sum::<f64>() / count;
    let deviation = (both.iter().map(|(_, value)| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
    let distances: Vec<f64> = both.iter().map(|(a, b)| (a - b).abs() / (deviation + 1e-9)).collect();
    (quantile(&distances, 0.999), missing)
}

fn values(frame: &DataFrame, name: &str) -> anyhow::Result<Vec<f64>> {
    let column = frame.column(name)?.cast(&DataType::Float64)?;
    Ok(column.f64()?.iter().map(|value| value.unwrap_or(f64::NAN)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_told_in_standard_deviations() {
        let ours: Vec<f64> = (0..2_000).map(|row| f64::from(row % 2)).collect();
        let (distance, missing) = difference(&ours, &ours);
        assert_eq!((distance, missing), (0.0, 0));
        let shifted: Vec<f64> = ours.iter().map(|value| value + 0.5).collect();
        assert!((difference(&ours, &shifted).0 - 1.0).abs() < 1e-3);
        let holed: Vec<f64> =
            ours.iter().enumerate().map(|(row, v)| if row == 1 { f64::NAN } else { *v }).collect();
        assert_eq!(difference(&ours, &holed).1, 1);
    }
}

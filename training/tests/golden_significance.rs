//! What statsmodels and scipy say of the same series: see `tests/golden/README.md` for how it was made.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking, in its support functions too")]

use std::collections::BTreeMap;
use std::path::Path;

use weekahead_training::evaluation::{
    SkillRatio, diebold_mariano, expected_maximum, newey_west_lag, newey_west_mean,
};

const TOLERANCE: f64 = 1e-9;

/// The rows of a file without its header.
fn rows(name: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

fn differentials() -> BTreeMap<String, Vec<f64>> {
    let mut series: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for row in rows("differentials.csv") {
        series.entry(row[0].clone()).or_default().push(row[1].parse().unwrap());
    }
    series
}

/// Equal, relative to numbers above 1.
fn same(what: &str, ours: f64, golden: &str) {
    let golden: f64 = golden.parse().unwrap();
    assert!(
        (ours - golden).abs() <= TOLERANCE * golden.abs().max(1.0),
        "{what}: {ours:e} and not {golden:e}"
    );
}

#[test]
fn standard_errors_are_those_of_statsmodels() {
    let (series, golden) = (differentials(), rows("hac.csv"));
    for row in &golden {
        let error = newey_west_mean(&series[&row[0]], row[1].parse().unwrap()).unwrap();
        // Errors are some 1e-4, so that only their ratio tells anything.
        let ratio = error.standard_error / row[2].parse::<f64>().unwrap();
        same(&format!("{} at lag {}", row[0], row[1]), ratio, "1.0");
    }
    assert_eq!(golden.len(), 30);
}

#[test]
fn diebold_mariano_is_that_of_statsmodels_and_scipy() {
    let (series, golden) = (differentials(), rows("diebold_mariano.csv"));
    for row in &golden {
        let (values, overlap) = (&series[&row[0]], row[1].parse().unwrap());
        assert_eq!(newey_west_lag(values.len(), overlap).to_string(), row[2]);
        let test = diebold_mariano(values, overlap).unwrap();
        let what = format!("{} with overlap {overlap}", row[0]);
        same(&what, test.statistic, &row[3]);
        same(&what, test.p_better, &row[4]);
        same(&what, test.p_two_sided, &row[5]);
    }
    assert_eq!(golden.len(), 18);
}

#[test]
fn deflated_ratios_are_those_of_scipy() {
    let (series, golden) = (differentials(), rows("skill.csv"));
    for row in &golden {
        let skill: Vec<f64> = series[&row[0]].iter().map(|d| -d).collect();
        let ours = SkillRatio::of(&skill).unwrap();
        let benchmark = expected_maximum(row[4].parse().unwrap(), row[5].parse().unwrap());
        let what = format!("{} of {} trials", row[0], row[4]);
        same(&what, ours.ratio, &row[1]);
        same(&what, ours.skewness, &row[2]);
        same(&what, ours.kurtosis, &row[3]);
        same(&what, ours.probability_above(benchmark), &row[6]);
    }
    assert_eq!(golden.len(), 24);
}

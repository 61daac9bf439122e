//! Runs all checks.

use super::finding::Finding;
use super::repository::Repository;
use super::{architecture, docs, headers, layers, lints, marks, sizes};

/// Everything in this repository that is to be mended, in order of path and line.
pub fn run() -> anyhow::Result<Vec<Finding>> {
    let repository = Repository::open()?;
    let checks = [
        layers::check,
        lints::check,
        sizes::check,
        headers::check,
        marks::check,
        docs::check,
        architecture::check,
    ];
    let mut findings: Vec<Finding> = checks.iter().flat_map(|check| check(&repository)).collect();
    findings.sort();
    Ok(findings)
}

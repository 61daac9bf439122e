//! What can go wrong between a matrix and an artifact.

use std::path::PathBuf;

/// Why a model could not be fitted, applied, written or loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Two inputs that must agree in a dimension do not.
    #[error(
        "{what} has {found} entries where {expected} are needed: pass matrices of the same rows and columns"
    )]
    Shape {
        /// The input that does not fit.
        what: &'static str,
        /// The number it should have.
        expected: usize,
        /// The number it has.
        found: usize,
    },
    /// No rows at all.
    #[error("{what} is empty: at least one row is needed")]
    Empty {
        /// The empty input.
        what: &'static str,
    },
    /// A value that must be a finite number is not.
    #[error("{what} is not finite at row {row}: drop rows without a target before fitting")]
    NotFinite {
        /// The offending input.
        what: &'static str,
        /// The row, from 0.
        row: usize,
    },
    /// Weights that are negative, or all zero.
    #[error("weights must be finite, not negative, and not all zero (row {row})")]
    Weights {
        /// The first offending row, from 0; the number of rows when all weights are zero.
        row: usize,
    },
    /// Groups of rows that are not in order.
    #[error("groups of rows go back: pass rows in order of time")]
    Groups,
    /// Too few groups of rows for inner folds.
    #[error(
        "{groups} origins are too few for {folds} inner folds: at least {needed} are needed, or fewer folds"
    )]
    TooFewGroups {
        /// The folds wanted.
        folds: usize,
        /// The groups there are.
        groups: usize,
        /// The groups needed.
        needed: usize,
    },
    /// A hyperparameter outside its range.
    #[error("{model}: {parameter} = {value} is out of range: use {allowed}")]
    Hyperparameter {
        /// The kind of model.
        model: &'static str,
        /// The hyperparameter.
        parameter: &'static str,
        /// Its value.
        value: f64,
        /// The values that work.
        allowed: &'static str,
    },
    /// A hyperparameter that a search names and the model does not have, or cannot read.
    #[error("{model} cannot be searched: {reason}")]
    Grid {
        /// The kind of model.
        model: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A feature that the matrix does not have.
    #[error("there is no feature `{feature}` among the {features} given: name one of the view's features")]
    UnknownFeature {
        /// The feature asked for.
        feature: String,
        /// How many features there are.
        features: usize,
    },
    /// A solver that did not reach its tolerance.
    #[error(
        "{model} did not converge in {steps} steps (gap {gap:e}, tolerance {tolerance:e}): use a stronger penalty"
    )]
    NotConverged {
        /// The kind of model.
        model: &'static str,
        /// Sweeps done.
        steps: u32,
        /// The remaining duality gap.
        gap: f64,
        /// The gap that was asked for.
        tolerance: f64,
    },
    /// The linear algebra failed.
    #[error("{model} could not be solved: {reason}; use a stronger penalty or fewer collinear features")]
    Unsolvable {
        /// The kind of model.
        model: &'static str,
        /// What the solver said.
        reason: String,
    },
    /// Quantile levels that are not strictly increasing within (0, 1).
    #[error(
        "quantile level {level} at position {position} is wrong: levels lie in (0, 1) and strictly increase"
    )]
    Levels {
        /// The offending level.
        level: f64,
        /// Its position, from 0.
        position: usize,
    },
    /// Too few calibration rows for a level.
    #[error(
        "{rows} calibration rows are too few for the quantile level {level}: at least {needed} are needed"
    )]
    CalibrationTooSmall {
        /// The rows given.
        rows: usize,
        /// The level.
        level: f64,
        /// The rows needed.
        needed: usize,
    },
    /// A series with too few values for a model.
    #[error("a series of {found} values is too short: at least {needed} are needed")]
    SeriesTooShort {
        /// The values given.
        found: usize,
        /// The values needed.
        needed: usize,
    },
    /// A value of a series that a model cannot use.
    #[error("the series holds {value} at position {position}: values must be {allowed}")]
    SeriesValue {
        /// The position, from 0.
        position: usize,
        /// The value.
        value: f64,
        /// The values that work.
        allowed: &'static str,
    },
    /// The ONNX Runtime library is not where it was looked for.
    #[error(
        "ONNX Runtime was not found at {path}: run `make setup`, or set WEEKAHEAD_LIBONNXRUNTIME to the library"
    )]
    RuntimeMissing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The ONNX Runtime library could not be loaded.
    #[error(
        "ONNX Runtime at {path} could not be loaded: {reason}; run `make setup` to get the version that is needed"
    )]
    RuntimeUnusable {
        /// The library.
        path: PathBuf,
        /// What the loader said.
        reason: String,
    },
    /// The bytes are not an artifact of this crate.
    #[error("the artifact cannot be used: {reason}; export the model again")]
    Artifact {
        /// What is wrong with it.
        reason: String,
    },
    /// A model of another tool that cannot be taken.
    #[error("the model cannot be imported: {reason}")]
    Foreign {
        /// What is in the way, and what to do about it.
        reason: String,
    },
    /// A model that comes fitted where one is to be fitted.
    #[error(
        "the imported model `{name}` comes fitted: it stands in a plan by itself, in no stack and in no search"
    )]
    Imported {
        /// Its name.
        name: String,
    },
    /// Predictions of another tool that cannot be compared with.
    #[error(
        "the batch of predictions cannot be used: {reason}; write CSV with a header of the model's features and `prediction`"
    )]
    Batch {
        /// What is wrong with it.
        reason: String,
    },
    /// A model of another tool that gives no forecast for a row.
    #[error(
        "the imported model gives {value} for row {row}: if it does not take missing values, import it with missing = zero"
    )]
    Forecast {
        /// The first such row, from 0.
        row: usize,
        /// Its forecast.
        value: f64,
    },
    /// ONNX Runtime failed while it ran a model.
    #[error("ONNX Runtime failed: {reason}")]
    Inference {
        /// What the runtime said.
        reason: String,
    },
}

impl Error {
    /// Whether trying the same thing again could succeed. Never, here: inputs, artifacts and libraries do not
    /// change by themselves.
    pub fn is_retryable(&self) -> bool {
        false
    }
}

/// Fails unless a dimension is what it should be.
pub(crate) fn check_shape(what: &'static str, expected: usize, found: usize) -> crate::Result<()> {
    if expected == found { Ok(()) } else { Err(Error::Shape { what, expected, found }) }
}

/// Fails unless a hyperparameter is within its range. NaN never is.
pub(crate) fn check_range(
    model: &'static str,
    parameter: &'static str,
    value: f64,
    range: std::ops::RangeInclusive<f64>,
    allowed: &'static str,
) -> crate::Result<()> {
    match range.contains(&value) {
        true => Ok(()),
        false => Err(Error::Hyperparameter { model, parameter, value, allowed }),
    }
}

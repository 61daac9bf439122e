//! Is the exported model the fitted model?

use ndarray::{ArrayView2, Axis};
use serde::Serialize;

use crate::error::check_shape;
use crate::{FittedModel, IntervalModel, Outputs, Result};

/// How far the outputs of an artifact are from those of the models it was exported from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ParityReport {
    /// Rows compared.
    pub rows: usize,
    /// The largest difference of a point forecast, in log returns.
    pub max_abs_diff_y: f64,
    /// The largest difference of a quantile, in log returns.
    pub max_abs_diff_quantiles: f64,
    /// Whether every difference is within the tolerance of its row. A NaN never is.
    pub ok: bool,
}

/// The allowed difference, relative to the magnitude of what is summed.
const TOLERANCE: f64 = 1e-5;

/// Compares the outputs of an artifact on `x` with those of the models it was exported from.
///
/// A row's tolerance is `1e-5 max(scale, m)` for its point forecast, where `m` sums the absolute terms of the forecast, and a further
/// `1e-5 scale (max |offset| + q)` for a quantile, where `q` is that of a regressed quantile: float32 arithmetic errs in proportion to the terms of a sum, not to the sum.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) when shapes differ; different values are no error but `ok: false`.
pub fn parity(
    model: &FittedModel,
    interval: &IntervalModel,
    x: ArrayView2<'_, f32>,
    artifact: &Outputs,
) -> Result<ParityReport> {
    let native = interval.predict(model, x)?;
    check_shape("y", native.y.len(), artifact.y.len())?;
    check_shape("quantiles (rows)", native.quantiles.nrows(), artifact.quantiles.nrows())?;
    check_shape("quantiles (levels)", native.quantiles.ncols(), artifact.quantiles.ncols())?;
    let rows = x.nrows();
    check_shape("scale", rows, artifact.scale.as_ref().map_or(rows, |scale| scale.len()))?;
    let mut report = ParityReport { rows, max_abs_diff_y: 0.0, max_abs_diff_quantiles: 0.0, ok: true };
    for (index, row) in x.axis_iter(Axis(0)).enumerate() {
        let scale = interval.scale(row);
        let tolerance = TOLERANCE * scale.max(model.magnitude(row));
        let difference = (native.y[index] - artifact.y[index]).abs();
        report.max_abs_diff_y = larger(report.max_abs_diff_y, difference);
        report.ok &= difference <= tolerance;
        if let Some(artifact) = &artifact.scale {
            report.ok &= (artifact[index] - scale).abs() <= TOLERANCE * scale;
        }
        let pairs = native.quantiles.row(index).into_iter().zip(artifact.quantiles.row(index));
        let further = TOLERANCE * interval.magnitude(row);
        for (native, artifact) in pairs {
            let difference = (native - artifact).abs();
            report.max_abs_diff_quantiles = larger(report.max_abs_diff_quantiles, difference);
            report.ok &= difference <= tolerance + further;
        }
    }
    Ok(report)
}

/// The larger of two numbers, where NaN is larger than any.
fn larger(so_far: f64, next: f64) -> f64 {
    if next > so_far || next.is_nan() { next } else { so_far }
}

//! From a fitted model to an artifact that is known to compute the same numbers.

use ndarray::Axis;
use serde::{Deserialize, Serialize};
use weekahead_models::ModelSpec;
use weekahead_models::onnx::{ArtifactMeta, OnnxRuntime, OnnxSession, digest, parity, to_onnx};

use crate::backtest::Fitted;
use crate::plan::PlanSettings;
use crate::{Dataset, Error, Result};

/// A model as ONNX, checked against the native model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Artifact {
    /// The ONNX file.
    pub bytes: Vec<u8>,
    /// Its SHA-256.
    pub digest: String,
    /// The largest difference from the native point forecast over the checked rows.
    pub max_abs_diff: f64,
    /// A row without missing values, for the input example.
    pub example: Vec<f32>,
}

/// How many of the latest rows the artifact is compared on.
const PARITY_ROWS: usize = 512;

/// Exports a model and runs the export beside the native model on the latest rows.
///
/// # Errors
/// [`Error::Parity`] when the two differ by more than float32 rounding: such a model must not be registered.
pub fn export(
    dataset: &Dataset,
    spec: &ModelSpec,
    fitted: &Fitted,
    settings: &PlanSettings,
    runtime: &OnnxRuntime,
) -> Result<Artifact> {
    let meta = ArtifactMeta {
        model: spec.clone(),
        preprocessing: settings.preprocessing,
        view: dataset.view.clone(),
        view_version: dataset.view_version.clone(),
        features: dataset.features.clone(),
        horizon: settings.horizon,
        levels: settings.levels.clone(),
        seed: settings.seed,
    };
    let bytes = to_onnx(&fitted.model, &fitted.interval, &meta)?;
    let latest: Vec<usize> = (dataset.len().saturating_sub(PARITY_ROWS)..dataset.len()).collect();
    let x = dataset.x.select(Axis(0), &latest);
    let outputs = OnnxSession::from_bytes(runtime, &bytes)?.run(x.view())?;
    let report = parity(&fitted.model, &fitted.interval, x.view(), &outputs)?;
    if !report.ok {
        return Err(Error::Parity {
            model: spec.to_string(),
            point: report.max_abs_diff_y,
            quantiles: report.max_abs_diff_quantiles,
        });
    }
    let complete = x.rows().into_iter().rev().find(|row| row.iter().all(|value| value.is_finite()));
    Ok(Artifact {
        digest: digest(&bytes),
        bytes,
        max_abs_diff: report.max_abs_diff_y.max(report.max_abs_diff_quantiles),
        example: complete.map(|row| row.to_vec()).unwrap_or_else(|| vec![0.0; dataset.features.len()]),
    })
}

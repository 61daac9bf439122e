//! From a fitted model to an artifact that is known to compute the same numbers.

use ndarray::{ArrayView2, Axis};
use serde::{Deserialize, Serialize};
use weekahead_market::Calendar;
use weekahead_models::ModelSpec;
use weekahead_models::onnx::{ArtifactMeta, OnnxRuntime, OnnxSession, digest, parity, to_onnx};

use crate::backtest::{Fitted, rows_of, weekly_origins};
use crate::plan::PlanSettings;
use crate::{Dataset, Error, Importance, Result, ShuffledRows, permutation_importance};

/// A model as ONNX, checked against the native model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Artifact {
    /// The ONNX file.
    pub bytes: Vec<u8>,
    /// Its SHA-256.
    pub digest: String,
    /// The largest difference from the native point forecast over the checked rows.
    pub max_abs_diff: f64,
    /// What fitting decided beyond the hyperparameters: the candidate that a search chose, the shares of a stack.
    pub learned: Option<String>,
    /// A row without missing values, for the input example.
    pub example: Vec<f32>,
    /// How much each feature matters to it, on rows that it was not fitted on; the most important first.
    pub importances: Vec<Importance>,
}

/// How many of the latest rows the artifact is compared on.
const PARITY_ROWS: usize = 512;

/// About how many forecasts importances may cost, and how often a feature is shuffled at most.
const SHUFFLED_FORECASTS: usize = 200_000;
const MOST_REPEATS: usize = 5;

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
        importances: importances(dataset, fitted, settings)?,
        learned: fitted.model.learned(spec),
        digest: digest(&bytes),
        bytes,
        max_abs_diff: report.max_abs_diff_y.max(report.max_abs_diff_quantiles),
        example: complete.map(|row| row.to_vec()).unwrap_or_else(|| vec![0.0; dataset.features.len()]),
    })
}

/// Importances on the rows of the latest calibration origins, as many as [`SHUFFLED_FORECASTS`] allows.
fn importances(dataset: &Dataset, fitted: &Fitted, settings: &PlanSettings) -> Result<Vec<Importance>> {
    let features = dataset.features.len().max(1);
    let weekly = weekly_origins(dataset, &Calendar::nyse());
    let kept_back = &weekly[weekly.len().saturating_sub(settings.calibration_origins)..];
    let mut rows = rows_of(dataset, kept_back, |_| true);
    // Whole rows of the newest origins; the blocks that are shuffled within stay whole but for the first.
    rows.drain(..rows.len().saturating_sub(SHUFFLED_FORECASTS / features));
    let (x, y) = (dataset.x.select(Axis(0), &rows), dataset.y.select(Axis(0), &rows));
    let groups: Vec<usize> =
        rows.iter().map(|row| kept_back.partition_point(|o| *o < dataset.keys[*row].origin)).collect();
    let repeats = (SHUFFLED_FORECASTS / (features * rows.len().max(1))).clamp(1, MOST_REPEATS);
    let shuffled = ShuffledRows { x: x.view(), y: y.view(), groups: &groups, features: &dataset.features };
    let predict = |x: ArrayView2<'_, f32>| Ok(fitted.model.predict(x)?);
    permutation_importance(&predict, &shuffled, repeats, settings.seed)
}

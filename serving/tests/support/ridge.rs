//! A small model, fitted on made-up rows.

use ndarray::{Array1, Array2};
use weekahead_market::Horizon;
use weekahead_models::onnx::{ArtifactMeta, to_onnx};
use weekahead_models::{
    Calibration, DEFAULT_LEVELS, IntervalModel, ModelContext, ModelSpec, PreprocessingSpec, ScaleSpec,
    TrainingRows,
};

/// The artifact of a ridge on features of a view, by its name and version; the last feature scales its intervals.
pub fn artifact(view: (&str, &str), features: &[String], alpha: f64) -> Vec<u8> {
    let width = features.len();
    let x = Array2::from_shape_fn((60, width), |(row, column)| {
        0.01 * (1 + (31 * row + 7 * column * column) % 17) as f32
    });
    let y = Array1::from_shape_fn(60, |row| 0.01 * (row % 5) as f64);
    let spec = ModelSpec::Ridge { alpha };
    let context = ModelContext { features, horizon: Horizon::WEEK, seed: 0 };
    let model = spec.forecaster(context).unwrap();
    let model = model.fit(&TrainingRows::new(x.view(), y.view()).unwrap()).unwrap();
    let forecast = model.predict(x.view()).unwrap();
    let calibration = Calibration { x: x.view(), y: y.view(), forecast: forecast.view() };
    let scale = ScaleSpec::new(width - 1, Horizon::WEEK);
    let interval = IntervalModel::calibrate(&calibration, scale, &DEFAULT_LEVELS).unwrap();
    let meta = ArtifactMeta {
        model: spec,
        preprocessing: PreprocessingSpec::default(),
        view: view.0.to_owned(),
        view_version: view.1.to_owned(),
        features: features.to_vec(),
        horizon: Horizon::WEEK,
        levels: DEFAULT_LEVELS.to_vec(),
        seed: 0,
    };
    to_onnx(&model, &interval, &meta).unwrap()
}

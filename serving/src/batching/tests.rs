//! What batching promises: the own rows, their order, errors to whom they are about.

use std::path::{Path, PathBuf};

use ndarray::Array1;
use weekahead_market::Horizon;
use weekahead_models::onnx::{ArtifactMeta, OnnxRuntime, to_onnx};
use weekahead_models::{
    Calibration, DEFAULT_LEVELS, IntervalModel, ModelContext, ModelSpec, PreprocessingSpec, ScaleSpec,
    TrainingRows,
};

use super::*;

const FEATURES: usize = 3;

fn rows(count: usize, seed: usize) -> Array2<f32> {
    Array2::from_shape_fn((count, FEATURES), |(row, column)| {
        0.01 * (1 + (seed + 31 * row + 7 * column * column) % 17) as f32
    })
}

fn batching() -> Arc<Batching> {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.deps/onnxruntime/libonnxruntime.so");
    let library = std::env::var_os("WEEKAHEAD_LIBONNXRUNTIME").map_or(checkout, PathBuf::from);
    let spec = ModelSpec::Ridge { alpha: 0.1 };
    let (x, y) = (rows(60, 1), Array1::from_shape_fn(60, |row| 0.01 * (row % 5) as f64));
    let features: Vec<String> = ["a", "b", "vol"].map(str::to_owned).to_vec();
    let context = ModelContext { features: &features, horizon: Horizon::WEEK, seed: 0 };
    let model = spec.forecaster(context).unwrap();
    let model = model.fit(&TrainingRows::new(x.view(), y.view()).unwrap()).unwrap();
    let forecast = model.predict(x.view()).unwrap();
    let calibration = Calibration { x: x.view(), y: y.view(), forecast: forecast.view() };
    let scale = ScaleSpec::new(FEATURES - 1, Horizon::WEEK);
    let interval = IntervalModel::calibrate(&calibration, scale, &DEFAULT_LEVELS).unwrap();
    let meta = ArtifactMeta {
        model: spec,
        preprocessing: PreprocessingSpec::default(),
        view: "view".to_owned(),
        view_version: "1".to_owned(),
        features,
        horizon: Horizon::WEEK,
        levels: DEFAULT_LEVELS.to_vec(),
        seed: 0,
    };
    let bytes = to_onnx(&model, &interval, &meta).unwrap();
    let session = OnnxSession::from_bytes(&OnnxRuntime::load(&library).unwrap(), &bytes).unwrap();
    Arc::new(Batching::new(session, Arc::default()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everybody_gets_the_forecasts_of_the_own_rows_in_their_order() {
    let batching = batching();
    let asked = (0..400).map(|seed| {
        let (batching, rows) = (Arc::clone(&batching), rows([1, 3, 0, 700][seed % 4], seed));
        tokio::spawn(async move { (batching.score(rows.clone()).await.unwrap(), rows) })
    });
    for answer in asked.collect::<Vec<_>>() {
        let (outputs, rows) = answer.await.unwrap();
        assert_eq!(outputs, batching.session().run(rows.view()).unwrap());
    }
    assert!(lock(&batching.waiting).is_empty());
}

#[tokio::test]
async fn what_waits_while_the_model_runs_is_run_together() {
    let batching = batching();
    let busy = batching.running.lock().unwrap();
    let told: Vec<_> = [1, 2, 255].iter().flat_map(|count| batching.enqueue(rows(*count, 0))).collect();
    assert!(!batching.run_next(), "somebody else is at it");
    drop(busy);
    assert!(batching.run_next(), "256 rows are a run: the third request waits for the next one");
    assert_eq!(lock(&batching.waiting).len(), 1);
    assert!(!batching.run_next());
    for (told, count) in told.into_iter().zip([1, 2, 255]) {
        assert_eq!(told.await.unwrap().unwrap().y.len(), count);
    }
}

#[tokio::test]
async fn rows_of_another_shape_are_nobody_elses_error() {
    let batching = batching();
    // Past the check of `score`, as if the model itself failed on them.
    let mut told = batching.enqueue(rows(2, 0));
    told.extend(batching.enqueue(Array2::zeros((1, FEATURES + 1))));
    told.extend(batching.enqueue(rows(1, 4)));
    batching.run_next();
    let answers: Vec<_> =
        futures::future::join_all(told).await.into_iter().map(|told| told.unwrap().is_ok()).collect();
    assert_eq!(answers, [true, false, true]);
    let refused = batching.score(Array2::zeros((1, FEATURES + 1))).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "a row of features has 4 entries where 3 are needed: pass matrices of the same rows and columns"
    );
}

//! The forecasts of the real scikit-learn on the same rows: see `tests/golden/README.md` for how they were made.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking, in its support functions too")]

use std::path::Path;

use ndarray::{Array1, Array2, s};
use weekahead_models::{ElasticNet, Forecaster, Pls, Ridge, TrainingRows};

/// Rows that models learn from.
const LEARNED: usize = 90;
/// Forecasts are weekly log returns of a few percent, from float32 coefficients.
const TOLERANCE: f64 = 1e-7;

/// The header and the rows of a file.
fn table(name: &str) -> (Vec<String>, Array2<f64>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let names: Vec<String> = lines.next().unwrap().split(',').map(str::to_owned).collect();
    let values: Vec<f64> = lines.flat_map(|line| line.split(',')).map(|cell| cell.parse().unwrap()).collect();
    let rows = values.len() / names.len();
    (names.clone(), Array2::from_shape_vec((rows, names.len()), values).unwrap())
}

fn forecaster(name: &str) -> Box<dyn Forecaster> {
    let parts: Vec<&str> = name.split(':').collect();
    match parts[..] {
        ["ridge", alpha] => Box::new(Ridge { alpha: alpha.parse().unwrap() }),
        ["elastic_net", alpha, l1_ratio] => {
            Box::new(ElasticNet { alpha: alpha.parse().unwrap(), l1_ratio: l1_ratio.parse().unwrap() })
        }
        ["pls", components] => Box::new(Pls { components: components.parse().unwrap() }),
        _ => panic!("there is no model {name}"),
    }
}

#[test]
fn linear_models_forecast_what_scikit_learn_does() {
    let (names, rows) = table("linear_rows.csv");
    let features = names.len() - 2;
    let x = rows.slice(s![.., ..features]).mapv(|value| value as f32);
    let (y, weights) = (rows.column(features).to_owned(), rows.column(features + 1).to_owned());
    let (models, forecasts) = table("linear_forecasts.csv");
    for (model, golden) in models.iter().zip(forecasts.columns()) {
        let learned = TrainingRows::new(x.slice(s![..LEARNED, ..]), y.slice(s![..LEARNED])).unwrap();
        let weighted = learned.weighted(weights.slice(s![..LEARNED])).unwrap();
        let fitted = match model.strip_suffix(":weighted") {
            Some(model) => forecaster(model).fit(&weighted),
            None => forecaster(model).fit(&learned),
        };
        let ours: Array1<f64> = fitted.unwrap().predict(x.slice(s![LEARNED.., ..])).unwrap();
        let furthest = (&ours - &golden).mapv(f64::abs).fold(0.0, |a: f64, b| a.max(*b));
        assert!(furthest < TOLERANCE, "{model}: {furthest:e}\nours   {ours}\ngolden {golden}");
    }
    assert_eq!(models.len(), 14);
}

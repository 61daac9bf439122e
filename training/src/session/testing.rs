//! Rows and plans that are made up, for the tests of a session's parts.

use ndarray::{Array1, Array2};
use weekahead_features::View;
use weekahead_market::{Calendar, Horizon, Symbol};
use weekahead_models::ModelSpec;
use weekahead_models::onnx::OnnxRuntime;

use crate::{Dataset, ExperimentPlan, PlanSettings, RowKey};

/// Four years of weekly rows of two symbols with three features, one of which tells a little of the target.
pub(super) fn dataset(calendar: &Calendar) -> Dataset {
    let origins = calendar.weekly_origins("2010-01-04".parse().unwrap(), "2014-01-03".parse().unwrap());
    let mut keys = Vec::new();
    for origin in origins {
        for symbol in ["AAPL", "IBM"] {
            let realised = calendar.offset(origin, Horizon::WEEK.get() as i64).unwrap();
            let known_at = calendar.close(realised).unwrap().as_microsecond();
            keys.push(RowKey { origin, symbol: Symbol::new(symbol).unwrap(), realised, known_at });
        }
    }
    let wave = |row: usize, k: usize| ((row * (k + 3)) as f32 * 0.7).sin();
    let x = Array2::from_shape_fn((keys.len(), 3), |(row, column)| match column {
        0 => wave(row, 0),
        1 => f32::NAN,
        _ => 0.02 + 0.005 * wave(row, 2),
    });
    let y = Array1::from_shape_fn(keys.len(), |row| f64::from(0.01 * x[[row, 0]] + 0.02 * wave(row, 5)));
    Dataset {
        view: "made_up".to_owned(),
        view_version: "0".to_owned(),
        features: ["signal", "nothing", "vol_20"].map(str::to_owned).to_vec(),
        horizon: Horizon::WEEK,
        as_of: "2014-02-01".parse().unwrap(),
        keys,
        x,
        y,
        closes: crate::CloseHistory::default(),
    }
}

/// A plan of these models.
pub(super) fn plan(models: Vec<ModelSpec>) -> ExperimentPlan {
    ExperimentPlan {
        experiment: "weekly".to_owned(),
        model_name: "weekahead".to_owned(),
        view: View::builtin("weekly_core").unwrap(),
        symbols: vec![Symbol::new("AAPL").unwrap(), Symbol::new("IBM").unwrap()],
        settings: PlanSettings { warm_up_origins: 120, calibration_origins: 52, ..PlanSettings::default() },
        models,
    }
}

/// ONNX Runtime, as the tools of the checkout have it.
pub(super) fn runtime() -> OnnxRuntime {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../.deps/onnxruntime/libonnxruntime.so");
    let path = std::env::var("WEEKAHEAD_LIBONNXRUNTIME").unwrap_or_else(|_| default.to_owned());
    OnnxRuntime::load(std::path::Path::new(&path)).unwrap()
}

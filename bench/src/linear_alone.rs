//! Our contender of `linear`, as a process of its own: a matrix in memory in, a model out.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, bail};
use ndarray::{Array1, Array2, s};
use ndarray_npy::read_npy;
use serde_json::json;
use weekahead_models::{ElasticNet, Fill, Forecaster, PreprocessingSpec, Ridge, Scale, TrainingRows};

use crate::child::{self, Finished};

/// Rows whose forecasts are compared.
const FORECASTS: usize = 2_000;

/// Runs [`work`] as a process.
pub fn run(folder: &Path, model: &str, alpha: f64) -> anyhow::Result<Finished> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--work", "linear", "--model", model, "--alpha", &alpha.to_string()]);
    child::run(command.arg("--path").arg(folder))
}

/// Fits a model on a matrix that is standardised already and prints what it took.
pub fn work(folder: Option<&Path>, model: Option<&str>, alpha: Option<f64>) -> anyhow::Result<()> {
    let (folder, alpha) = folder.zip(alpha).context("name the matrix and the penalty")?;
    let x: Array2<f32> = read_npy(folder.join("x.npy"))?;
    let y: Array1<f64> = read_npy(folder.join("y.npy"))?;
    let forecaster: Box<dyn Forecaster> = match model {
        Some("ridge") => Box::new(Ridge { alpha }),
        Some("elastic_net") => Box::new(ElasticNet { alpha, l1_ratio: 0.5 }),
        other => bail!("there is no contender {other:?}"),
    };
    let as_it_is = PreprocessingSpec { fill: Fill::Zero, scale: Scale::None, clip: 5.0 };
    let started = Instant::now();
    let rows = TrainingRows::new(x.view(), y.view())?.preprocessed(as_it_is)?;
    let model = forecaster.fit(&rows)?;
    let seconds = started.elapsed().as_secs_f64();
    let peak_rss_bytes = child::memory_bytes(std::process::id(), "VmHWM").unwrap_or(0);
    let (rows, forecasts) = (y.len(), model.predict(x.slice(s![..FORECASTS, ..]))?.to_vec());
    println!(
        "{}",
        json!({"rows": rows, "seconds": seconds, "peak_rss_bytes": peak_rss_bytes, "forecasts": forecasts})
    );
    Ok(())
}

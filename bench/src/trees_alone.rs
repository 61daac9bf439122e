//! Our contender of `trees`, as a process of its own: rows in memory in, a model and its errors out.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, bail};
use ndarray::{Array1, Array2};
use ndarray_npy::read_npy;
use serde_json::json;
use weekahead_models::{BoostingSpec, Forecaster, ForestSpec, GradientBoosting, RandomForest, TrainingRows};

use crate::child::{self, Finished};

/// Runs [`work`] as a process.
pub fn run(folder: &Path, model: &str) -> anyhow::Result<Finished> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--work", "trees", "--model", model]);
    child::run(command.arg("--path").arg(folder))
}

/// Fits a model with the peer's hyperparameters and prints what it took.
pub fn work(folder: Option<&Path>, model: Option<&str>) -> anyhow::Result<()> {
    let folder = folder.context("name the folder of the rows")?;
    let x =
        |name: &str| -> anyhow::Result<Array2<f32>> { Ok(read_npy(folder.join(format!("{name}_x.npy")))?) };
    let y =
        |name: &str| -> anyhow::Result<Array1<f64>> { Ok(read_npy(folder.join(format!("{name}_y.npy")))?) };
    let symbols: Array1<u64> = read_npy(folder.join("symbols.npy"))?;
    let forest = ForestSpec { trees: 100, max_depth: 8, min_rows: 1, feature_share: 0.3 };
    let boosting = BoostingSpec {
        trees: 200,
        leaves: 63,
        max_depth: 64,
        learning_rate: 0.05,
        min_rows: 20,
        l2: 0.0,
        ..BoostingSpec::default()
    };
    let forecaster: Box<dyn Forecaster> = match model {
        Some("random_forest") => Box::new(RandomForest { spec: forest, seed: 0 }),
        Some("gradient_boosting") => Box::new(GradientBoosting { spec: boosting, seed: 0 }),
        other => bail!("there is no contender {other:?}"),
    };
    let (learned_x, learned_y) = (x("learned")?, y("learned")?);
    let started = Instant::now();
    let model = forecaster.fit(&TrainingRows::new(learned_x.view(), learned_y.view())?)?;
    let seconds = started.elapsed().as_secs_f64();
    let peak_rss_bytes = child::memory_bytes(std::process::id(), "VmHWM").unwrap_or(0);
    let (held_out, targets) = (x("held_out")?, y("held_out")?);
    let errors = (&targets - &model.predict(held_out.view())?).pow2();
    let of_session = |errors: &[f64]| errors.iter().sum::<f64>() / errors.len() as f64;
    let squared_errors: Vec<f64> = errors.to_vec().chunks(symbols[0] as usize).map(of_session).collect();
    println!(
        "{}",
        json!({
            "rows": learned_y.len(),
            "seconds": seconds,
            "peak_rss_bytes": peak_rss_bytes,
            "squared_errors": squared_errors,
            "nothing": targets.pow2().mean(),
        })
    );
    Ok(())
}

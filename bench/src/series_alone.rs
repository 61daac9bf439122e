//! Our contender of `series`, as a process of its own: closes in memory in, forecasts with intervals out.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, bail};
use ndarray::{Array2, Axis, s};
use ndarray_npy::read_npy;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use serde_json::json;
use weekahead_market::Horizon;
use weekahead_models::{AutoEts, AutoTheta, SeriesForecast};

use crate::child::{self, Finished};
use crate::series::{JOBS, LEARNED, STEPS};

/// The bounds of the 80 and 95 % intervals.
const LEVELS: [f64; 4] = [0.025, 0.1, 0.9, 0.975];

/// Runs [`work`] as a process.
pub fn run(folder: &Path, model: &str) -> anyhow::Result<Finished> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--work", "series", "--model", model]);
    child::run(command.arg("--path").arg(folder))
}

/// Forecasts every series and prints what it took.
pub fn work(folder: Option<&Path>, model: Option<&str>) -> anyhow::Result<()> {
    let closes: Array2<f64> = read_npy(folder.context("name the folder of the closes")?.join("closes.npy"))?;
    let learned = closes.slice(s![.., ..LEARNED]);
    let series: Vec<Vec<f64>> = learned.axis_iter(Axis(0)).map(|row| row.to_vec()).collect();
    let forecast: fn(&[f64], Horizon) -> weekahead_models::Result<SeriesForecast> = match model {
        Some("ets") => |series, horizon| AutoEts::default().forecast(series, horizon),
        Some("theta") => |series, horizon| AutoTheta.forecast(series, horizon),
        other => bail!("there is no contender {other:?}"),
    };
    let horizon = Horizon::sessions(STEPS as u32)?;
    let cores = ThreadPoolBuilder::new().num_threads(JOBS).build()?;
    let started = Instant::now();
    let answers = cores.install(|| {
        let all = series.par_iter().map(|series| with_intervals(&forecast(series, horizon)?));
        all.collect::<anyhow::Result<Vec<_>>>()
    })?;
    let seconds = started.elapsed().as_secs_f64();
    let peak_rss_bytes = child::memory_bytes(std::process::id(), "VmHWM").unwrap_or(0);
    let forecasts: Vec<f64> = answers.into_iter().flat_map(|(mean, _)| mean).collect();
    println!(
        "{}",
        json!({"rows": series.len(), "seconds": seconds, "peak_rss_bytes": peak_rss_bytes, "forecasts": forecasts})
    );
    Ok(())
}

/// The means of the steps, and their bounds.
fn with_intervals(forecast: &SeriesForecast) -> anyhow::Result<(Vec<f64>, Vec<Vec<f64>>)> {
    let bounds = LEVELS.iter().map(|level| forecast.quantile(*level));
    Ok((forecast.mean.clone(), bounds.collect::<Result<_, _>>()?))
}

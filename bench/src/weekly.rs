//! A whole weekly training as a user runs it: `weekahead train` on the embedded platform, recorded in MLflow.
//!
//! Ten years of fifty symbols, five models, twenty folds. The process is timed from its start to its end: it reads features and
//! bars, walks every model forward, fits, exports and draws, and records runs, pictures, versions and forecasts. Bars and
//! features are in the warehouse before; the platform's services are other processes, whose memory is told beside it.

use std::path::Path;

use anyhow::ensure;

use crate::child;
use crate::native::Http;
use crate::panel::Quotes;
use crate::platform::Platform;
use crate::report::{Contender, Goal, goal, table};

/// Symbols of the universe.
const SYMBOLS: usize = 50;
/// What the experiment file says.
const MODELS: usize = 5;
/// What follows from it on this panel.
const FOLDS: usize = 20;
/// What is trained; a seed is put before it.
const EXPERIMENT: &str = include_str!("weekly.toml");

/// Trains again and again on one platform, each time by another seed: the same plan would be the same session.
pub async fn run(weekahead: &Path, libchdb: &Path, runs: usize) -> anyhow::Result<String> {
    let platform = Platform::with_bars(weekahead, libchdb, &Quotes::generate()?, SYMBOLS).await?;
    child::run(&mut platform.command(&["features", "build", "--skip-marts"]))?;
    let http = Http::new(&platform.warehouse_url())?;
    let mut ours = Contender::new("weekahead train");
    for run in 0..=runs {
        let experiment = platform.home().join(format!("weekly-{run}.toml"));
        std::fs::write(&experiment, format!("seed = {run}\n{EXPERIMENT}"))?;
        let train = child::run(platform.command(&["train"]).arg(&experiment))?;
        let forecasts = tested(&http, run + 1).await?;
        if run > 0 {
            ours.ran(train.seconds, forecasts, train.peak_bytes);
        }
    }
    let (seconds, peak) = (ours.median(), ours.peak_bytes as f64 / 1e9);
    let title = format!(
        "a weekly training: {SYMBOLS} symbols, 10 years, {MODELS} models, {FOLDS} folds; rows are forecasts"
    );
    let mut text = table(&title, &[ours]);
    text.push_str(&goal("the training", seconds, " s", Goal::AtMost(60.0)));
    text.push_str(&goal("its memory", peak, " GB", Goal::AtMost(2.0)));
    let services = platform.services_peak_bytes() as f64 / 1e9;
    text.push_str(&format!(
        "lake, warehouse, MLflow and API beside it: {services:.2} GB at most, all together\n"
    ));
    Ok(text)
}

/// That the trainings so far recorded every model on every fold; the forecasts of one of them.
async fn tested(http: &Http, trainings: usize) -> anyhow::Result<u64> {
    let count = async |what: &str| -> anyhow::Result<usize> {
        Ok(http.execute(&format!("SELECT {what} FROM forecasts.backtests FINAL")).await?.parse()?)
    };
    let (models, folds) = (count("uniqExact(run_id)").await?, count("uniqExact(fold)").await?);
    ensure!(
        models == MODELS * trainings,
        "{trainings} trainings recorded {models} models, not {MODELS} each"
    );
    ensure!(folds == FOLDS, "there are {folds} folds, not {FOLDS}");
    Ok((count("count()").await? / trainings) as u64)
}

//! ETS and Theta of 500 series of daily closes, beside statsforecast.
//!
//! Both get the same two years of closes in memory before the clock starts, choose a model for every series, and forecast a week
//! with 80 and 95 % intervals, on two cores.

use std::path::Path;

use anyhow::{Context, ensure};
use ndarray::{Array2, ArrayView2, s};
use ndarray_npy::write_npy;
use serde::Deserialize;
use tempfile::TempDir;

use crate::child::{self, Finished};
use crate::panel::{Quotes, SESSIONS, SYMBOLS};
use crate::peers::{Peers, Said};
use crate::report::{Contender, Goal, goal, table};
use crate::series_alone;

/// Cores of each contender.
pub const JOBS: usize = 2;
/// Values of a series that are learned from: two years.
pub const LEARNED: usize = 504;
/// Steps that are forecast.
pub const STEPS: usize = 5;

/// Our name and the peer's of each model.
const MODELS: [(&str, &str); 2] = [("ets", "AutoETS"), ("theta", "AutoTheta")];
/// How many times faster we want to be.
const WANTED: f64 = 4.0;
/// The largest share by which our error may be above the peer's.
const TOLERANCE: f64 = 0.02;

/// Runs the contenders in turn.
pub fn run(peers: &Peers, runs: usize) -> anyhow::Result<String> {
    let work = TempDir::new()?;
    let closes = write_closes(work.path())?;
    let mut text = String::new();
    for (ours, theirs) in MODELS {
        text.push_str(&beside(peers, ours, theirs, work.path(), runs, closes.view())?);
    }
    Ok(text)
}

fn beside(
    peers: &Peers,
    model: &str,
    named: &str,
    work: &Path,
    runs: usize,
    closes: ArrayView2<'_, f64>,
) -> anyhow::Result<String> {
    let mut ours = Contender::new(&format!("weekahead {model}"));
    let mut theirs = Contender::new(&format!("statsforecast {named}"));
    let mut errors = (f64::NAN, f64::NAN);
    for run in 0..=runs {
        let (mine, yours) = (series_alone::run(work, model)?, peer(peers, named, work)?);
        errors = (error(&mine, closes)?, error(&yours, closes)?);
        if run > 0 {
            for (contender, finished) in [(&mut ours, mine), (&mut theirs, yours)] {
                let said: Said = finished.said()?;
                contender.ran(said.seconds, said.rows, said.peak_rss_bytes);
            }
        }
    }
    let (mine, yours) = errors;
    ensure!(mine <= yours * (1.0 + TOLERANCE), "{model} is off by {mine:.4} %, {named} by {yours:.4} %");
    let ratio = theirs.median() / ours.median();
    let mut text = table(&format!("{model}, a row a series"), &[ours, theirs]);
    text.push_str(&goal(&format!("statsforecast {named}"), ratio, "x", Goal::AtLeast(WANTED)));
    text.push_str(&format!("mean absolute errors: ours {mine:.4} %, statsforecast's {yours:.4} %\n"));
    Ok(text)
}

fn peer(peers: &Peers, named: &str, work: &Path) -> anyhow::Result<Finished> {
    let mut command = peers.command("series", "series_statsforecast.py")?;
    let (jobs, learned, steps) = (JOBS.to_string(), LEARNED.to_string(), STEPS.to_string());
    command.arg(work).args(["--model", named, "--jobs", &jobs, "--learned", &learned, "--steps", &steps]);
    child::run(&mut command)
}

/// What both say of their answer: the means of all steps, a series after the other.
#[derive(Debug, Deserialize)]
struct Forecasts {
    forecasts: Vec<f64>,
}

/// The mean distance from what came true, in percent of it.
fn error(finished: &Finished, closes: ArrayView2<'_, f64>) -> anyhow::Result<f64> {
    let said: Forecasts = finished.said()?;
    let truth = closes.slice(s![.., LEARNED..]);
    let forecasts = ArrayView2::from_shape(truth.raw_dim(), &said.forecasts).context("other series")?;
    let shares = (&forecasts - &truth) / truth;
    Ok(100.0 * shares.mapv(f64::abs).mean().context("no series")?)
}

/// The last closes of every symbol, a row each: those that are learned from, and those that came true.
fn write_closes(folder: &Path) -> anyhow::Result<Array2<f64>> {
    let bars = Quotes::generate()?.bars;
    let first = SESSIONS - LEARNED - STEPS;
    let close = |(symbol, at): (usize, usize)| bars[symbol][first + at].close;
    let closes = Array2::from_shape_fn((SYMBOLS, LEARNED + STEPS), close);
    write_npy(folder.join("closes.npy"), &closes).context("cannot write the closes")?;
    Ok(closes)
}

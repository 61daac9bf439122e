//! Ridge and elastic net on ten years of Alpha158, beside scikit-learn.
//!
//! Both fit the same matrix of standardised features, in memory before the clock starts, on all cores; scikit-learn's
//! ridge in float64, as ours computes, its elastic net in float32 with a precomputed Gram matrix, which is its fastest.

use std::path::Path;

use anyhow::{Context, ensure};
use ndarray::{Array1, Array2, ArrayView1, ArrayViewMut1, Axis};
use ndarray_npy::write_npy;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};
use serde::Deserialize;
use tempfile::TempDir;
use weekahead_features::{View, compute_panel};

use crate::child::{self, Finished};
use crate::compute::VIEW;
use crate::linear_alone;
use crate::panel::{Quotes, SESSIONS};
use crate::peers::{Peers, Said};
use crate::report::{Contender, Goal, goal, table};

/// A model of both contenders, its penalty, and how many times faster we want to be.
struct Model {
    name: &'static str,
    alpha: f64,
    goal: f64,
}

/// The elastic net's penalty lets about a fifth of the features in.
const MODELS: [Model; 2] =
    [Model { name: "ridge", alpha: 1.0, goal: 2.0 }, Model { name: "elastic_net", alpha: 5e-4, goal: 1.0 }];

/// The sessions of a symbol that are learned from: full windows, and four fifths of the time.
const LEARNED: std::ops::Range<usize> = 60..SESSIONS / 5 * 4;
/// The largest root mean square distance of our forecasts from the peer's, in standard deviations of theirs: its elastic
/// net stops a hundred times earlier.
const TOLERANCE: f64 = 0.02;

/// Runs the contenders in turn.
pub fn run(peers: &Peers, runs: usize) -> anyhow::Result<String> {
    let work = TempDir::new()?;
    let rows = write_matrix(work.path())?;
    let mut text = String::new();
    for model in &MODELS {
        text.push_str(&beside(peers, model, work.path(), runs, rows)?);
    }
    Ok(text)
}

fn beside(peers: &Peers, model: &Model, work: &Path, runs: usize, rows: usize) -> anyhow::Result<String> {
    let mut ours = Contender::new(&format!("weekahead {}", model.name));
    let mut theirs = Contender::new(&format!("scikit-learn {}", model.name));
    let mut distance = f64::NAN;
    for run in 0..=runs {
        let (mine, yours) = (linear_alone::run(work, model.name, model.alpha)?, peer(peers, model, work)?);
        distance = apart(&mine, &yours)?;
        if run > 0 {
            for (contender, finished) in [(&mut ours, mine), (&mut theirs, yours)] {
                let said: Said = finished.said()?;
                contender.ran(said.seconds, said.rows, said.peak_rss_bytes);
            }
        }
    }
    ensure!(
        distance < TOLERANCE,
        "the forecasts of {} are {distance:.1e} standard deviations apart",
        model.name
    );
    let ratio = theirs.median() / ours.median();
    let mut text = table(&format!("{} on {rows} rows x 158 features", model.name), &[ours, theirs]);
    text.push_str(&goal(&format!("scikit-learn {}", model.name), ratio, "x", Goal::AtLeast(model.goal)));
    text.push_str(&format!("the forecasts are {distance:.1e} of their standard deviation apart\n"));
    Ok(text)
}

fn peer(peers: &Peers, model: &Model, work: &Path) -> anyhow::Result<Finished> {
    let mut command = peers.command("models", "linear_sklearn.py")?;
    command.arg(work).args(["--model", model.name, "--alpha", &model.alpha.to_string()]);
    child::run(&mut command)
}

/// What both say of their answer.
#[derive(Debug, Deserialize)]
struct Forecasts {
    forecasts: Vec<f64>,
}

fn apart(ours: &Finished, theirs: &Finished) -> anyhow::Result<f64> {
    let (ours, theirs): (Forecasts, Forecasts) = (ours.said()?, theirs.said()?);
    ensure!(ours.forecasts.len() == theirs.forecasts.len(), "other rows");
    let (ours, theirs) = (Array1::from(ours.forecasts), Array1::from(theirs.forecasts));
    Ok((&ours - &theirs).pow2().mean().unwrap_or(f64::NAN).sqrt() / theirs.std(0.0))
}

/// Writes standardised features of every learned row and targets that depend a little on some of them.
fn write_matrix(folder: &Path) -> anyhow::Result<usize> {
    let view = View::builtin(VIEW)?;
    let features = compute_panel(&view, &Quotes::generate()?.panel()?);
    let width = view.features().len();
    let mut x = Array2::<f32>::zeros((features.len() * LEARNED.len(), width));
    for (mut chunk, matrix) in x.axis_chunks_iter_mut(Axis(0), LEARNED.len()).zip(features.values()) {
        for (mut out, column) in chunk.columns_mut().into_iter().zip(matrix.columns.iter()) {
            out.iter_mut().zip(&column[LEARNED]).for_each(|(out, value)| *out = *value);
        }
    }
    drop(features);
    x.columns_mut().into_iter().for_each(standardise);
    let y = targets(&x)?;
    write_npy(folder.join("x.npy"), &x).context("cannot write the features")?;
    write_npy(folder.join("y.npy"), &y).context("cannot write the targets")?;
    Ok(x.nrows())
}

/// To mean 0 and deviation 1, within 5 deviations; missing values become 0.
fn standardise(mut column: ArrayViewMut1<'_, f32>) {
    let finite = || column.iter().filter(|value| value.is_finite()).map(|value| f64::from(*value));
    let count = finite().count() as f64;
    let mean = finite().sum::<f64>() / count;
    let deviation = (finite().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt().max(1e-12);
    let standard = |value: f32| ((f64::from(value) - mean) / deviation).clamp(-5.0, 5.0) as f32;
    column.mapv_inplace(|value| if value.is_finite() { standard(value) } else { 0.0 });
}

/// Weekly returns of 3 % deviation, to which every eighth feature adds a tenth of a percent.
fn targets(x: &Array2<f32>) -> anyhow::Result<Array1<f64>> {
    let (mut rng, noise) = (ChaCha8Rng::seed_from_u64(5), Normal::new(0.0, 0.03)?);
    let signal = |row: ArrayView1<'_, f32>| row.iter().step_by(8).map(|z| 1e-3 * f64::from(*z)).sum::<f64>();
    Ok(x.rows().into_iter().map(|row| signal(row) + noise.sample(&mut rng)).collect())
}

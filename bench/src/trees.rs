//! Random forest and gradient boosting on Alpha158, beside scikit-learn and LightGBM.
//!
//! Both fit the same raw features, missing values included where the peer takes them, in memory before the clock starts, with as many
//! trees of the same size, on all cores. Errors are those of later sessions, behind a gap of the target's horizon.

use std::ops::Range;
use std::path::Path;

use anyhow::{Context, ensure};
use ndarray::{Array1, Array2, ArrayView1, Axis, s};
use ndarray_npy::write_npy;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};
use serde::Deserialize;
use tempfile::TempDir;
use weekahead_features::{View, compute_panel};

use crate::child::{self, Finished};
use crate::compute::VIEW;
use crate::panel::{Quotes, SESSIONS};
use crate::peers::{Peers, Said};
use crate::report::{Contender, Goal, goal, table};
use crate::trees_alone;

/// What is fitted, on how many symbols, and what we want of the time.
struct Model {
    name: &'static str,
    peer: &'static str,
    symbols: usize,
    goal: Goal,
}

const MODELS: [Model; 2] = [
    Model { name: "random_forest", peer: "scikit-learn", symbols: 20, goal: Goal::AtLeast(3.0) },
    Model { name: "gradient_boosting", peer: "LightGBM", symbols: 50, goal: Goal::AtMost(1.2) },
];

/// Full windows, and four fifths of the time.
const LEARNED: Range<usize> = 60..SESSIONS / 5 * 4;
/// Sessions between what is learned and what is tested: the target's horizon.
const GAP: usize = 5;

/// Runs the contenders in turn.
pub fn run(peers: &Peers, runs: usize) -> anyhow::Result<String> {
    let mut text = String::new();
    for model in &MODELS {
        let work = TempDir::new()?;
        write_rows(work.path(), model.symbols)?;
        text.push_str(&beside(peers, model, work.path(), runs)?);
    }
    Ok(text)
}

fn beside(peers: &Peers, model: &Model, work: &Path, runs: usize) -> anyhow::Result<String> {
    let mut ours = Contender::new(&format!("weekahead {}", model.name));
    let mut theirs = Contender::new(&format!("{} {}", model.peer, model.name));
    let mut errors = None;
    for run in 0..=runs {
        let mut command = peers.command("models", "trees.py")?;
        command.arg(work).args(["--model", model.name]);
        let (mine, yours) = (trees_alone::run(work, model.name)?, child::run(&mut command)?);
        errors = Some(Errors::of(&mine, &yours)?);
        if run > 0 {
            for (contender, finished) in [(&mut ours, mine), (&mut theirs, yours)] {
                let said: Said = finished.said()?;
                contender.ran(said.seconds, said.rows, said.peak_rss_bytes);
            }
        }
    }
    let ratio = match model.goal {
        Goal::AtLeast(_) => theirs.median() / ours.median(),
        Goal::AtMost(_) => ours.median() / theirs.median(),
    };
    let rows = ours.rows;
    let mut text = table(&format!("{} on {rows} rows x 158 features", model.name), &[ours, theirs]);
    text.push_str(&goal(&format!("time against {}", model.peer), ratio, "x", model.goal));
    let errors = errors.context("nothing was run")?;
    text.push_str(&errors.told());
    Ok(text)
}

/// Mean squared errors of both on the held-out rows.
struct Errors {
    ours: f64,
    theirs: f64,
    /// That of forecasting nothing.
    nothing: f64,
    /// The standard error of the difference, by session.
    standard_error: f64,
}

/// What both say of the held-out rows.
#[derive(Debug, Deserialize)]
struct SquaredErrors {
    /// Of each session, the mean over symbols.
    squared_errors: Vec<f64>,
    nothing: f64,
}

impl Errors {
    fn of(ours: &Finished, theirs: &Finished) -> anyhow::Result<Self> {
        let (mine, yours): (SquaredErrors, SquaredErrors) = (ours.said()?, theirs.said()?);
        let (a, b) = (Array1::from(mine.squared_errors), Array1::from(yours.squared_errors));
        ensure!(a.len() == b.len(), "other sessions");
        let difference = &a - &b;
        Ok(Self {
            ours: a.mean().unwrap_or(f64::NAN),
            theirs: b.mean().unwrap_or(f64::NAN),
            nothing: mine.nothing,
            standard_error: difference.std(1.0) / (difference.len() as f64).sqrt(),
        })
    }

    /// Two models of the same kind that draw other rows or cut other bins are never equal: worse is what is further away than chance.
    fn told(&self) -> String {
        let apart = (self.ours - self.theirs) / self.standard_error;
        let explained = |error: f64| 100.0 * (1.0 - error / self.nothing);
        let figures = format!(
            "held-out sessions: {:.3} % of the squared target explained, the peer {:.3} %; ",
            explained(self.ours),
            explained(self.theirs)
        );
        figures + &goal("our error beyond the peer's", apart, " standard errors", Goal::AtMost(2.0))
    }
}

/// Writes the rows that are learned and those that are held out, in order of session, then symbol.
fn write_rows(folder: &Path, symbols: usize) -> anyhow::Result<()> {
    let view = View::builtin(VIEW)?;
    let features = compute_panel(&view, &Quotes::generate()?.panel()?);
    let width = view.features().len();
    let mut x = Array2::<f32>::zeros((SESSIONS * symbols, width));
    for (symbol, matrix) in features.values().take(symbols).enumerate() {
        for (feature, column) in matrix.columns.iter().enumerate() {
            let mut out = x.slice_mut(s![symbol..;symbols, feature]);
            out.iter_mut().zip(column.iter()).for_each(|(out, value)| *out = *value);
        }
    }
    drop(features);
    let y = targets(&x)?;
    let held_out = LEARNED.end + GAP..SESSIONS;
    for (name, sessions) in [("learned", LEARNED), ("held_out", held_out)] {
        let rows = sessions.start * symbols..sessions.end * symbols;
        let (x, y) = (x.slice(s![rows.clone(), ..]), y.slice(s![rows]));
        write_npy(folder.join(format!("{name}_x.npy")), &x.as_standard_layout())
            .context("cannot write features")?;
        write_npy(folder.join(format!("{name}_y.npy")), &y).context("cannot write targets")?;
    }
    write_npy(folder.join("symbols.npy"), &Array1::from(vec![symbols as u64]))
        .context("cannot write the symbols")?;
    Ok(())
}

/// Weekly returns of 3 % deviation, in which a few standardised features have a say, not all of it linear.
fn targets(x: &Array2<f32>) -> anyhow::Result<Array1<f64>> {
    let (mut rng, noise) = (ChaCha8Rng::seed_from_u64(5), Normal::new(0.0, 0.03)?);
    let scale = |column: ArrayView1<'_, f32>| {
        let finite: Vec<f64> = column.iter().filter(|v| v.is_finite()).map(|v| f64::from(*v)).collect();
        let values = Array1::from(finite);
        (values.mean().unwrap_or(0.0), values.std(0.0).max(1e-12))
    };
    let scales: Vec<(f64, f64)> = x.axis_iter(Axis(1)).map(scale).collect();
    let z = |row: ArrayView1<'_, f32>, at: usize| {
        let value = f64::from(row[at]);
        if value.is_finite() { ((value - scales[at].0) / scales[at].1).clamp(-3.0, 3.0) } else { 0.0 }
    };
    let signal = |row: ArrayView1<'_, f32>| {
        0.004 * z(row, 10).tanh()
            + 0.003 * z(row, 40) * f64::from(z(row, 70) > 0.0)
            + 0.003 * z(row, 100).abs()
    };
    Ok(x.rows().into_iter().map(|row| signal(row) + noise.sample(&mut rng)).collect())
}

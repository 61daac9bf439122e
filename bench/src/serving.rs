//! One row of 158 features over HTTP: our `/invocations` beside `mlflow models serve` and FastAPI with ONNX Runtime.
//!
//! All run the same ridge on Alpha158, exported by our own code, in one worker; the load generator shares the machine's cores.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use ndarray::{Array1, Array2};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};
use serde_json::{Value, json};
use tempfile::TempDir;
use weekahead_features::View;
use weekahead_market::Horizon;
use weekahead_models::onnx::{ArtifactMeta, to_onnx};
use weekahead_models::{
    Calibration, DEFAULT_LEVELS, IntervalModel, ModelContext, ModelSpec, PreprocessingSpec, ScaleSpec,
    TrainingRows,
};

use crate::child::{self, Family, free_addr};
use crate::compute::VIEW;
use crate::load::{self, Load};
use crate::peers::Peers;
use crate::report::{Goal, goal, median};

/// Connections that ask at the same time.
const CONNECTIONS: usize = 32;
/// Rows that the model is fitted on.
const ROWS: usize = 4_000;

/// A server, the path that it answers at and the body that it is sent.
struct Contender {
    name: &'static str,
    path: &'static str,
    body: &'static str,
    command: fn(&Path, &Peers, &str) -> anyhow::Result<Command>,
    loads: Vec<Load>,
}

/// Runs all in turn.
pub async fn run(peers: &Peers, runs: usize) -> anyhow::Result<String> {
    let work = TempDir::new()?;
    prepare(work.path())?;
    child::run(peers.command("serving", "serving_models.py")?.arg(work.path()))?;
    let contender = |name, path, body, command| Contender { name, path, body, command, loads: Vec::new() };
    let mut contenders = [
        contender("weekahead", "/invocations", "inputs.json", ours),
        contender("FastAPI + onnxruntime", "/predict", "rows.json", fastapi),
        contender("mlflow, tensor signature", "/invocations", "inputs.json", |folder, peers, addr| {
            mlflow(&folder.join("tensor"), peers, addr)
        }),
        contender("mlflow, column signature", "/invocations", "split.json", |folder, peers, addr| {
            mlflow(&folder.join("column"), peers, addr)
        }),
    ];
    for run in 0..=runs {
        let mut answers = Vec::new();
        for contender in &mut contenders {
            let (load, y) = measure(contender, work.path(), peers).await?;
            answers.push(y);
            if run > 0 {
                contender.loads.push(load);
            }
        }
        let apart = answers.iter().map(|y| (y - answers[0]).abs()).fold(0.0, f64::max);
        ensure!(apart < 1e-6, "the contenders do not forecast the same: {answers:?}");
    }
    Ok(told(&contenders))
}

fn told(contenders: &[Contender]) -> String {
    let of = |contender: &Contender, figure: fn(&Load) -> f64| {
        median(&contender.loads.iter().map(figure).collect::<Vec<_>>())
    };
    let rate = |contender: &Contender| of(contender, |load| load.per_second);
    let mut text = format!("One row of 158 features over HTTP, {CONNECTIONS} connections\n");
    for contender in contenders {
        let p99 = of(contender, |load| load.p99_ms);
        text.push_str(&format!(
            "{:>26}: {:>8.0} requests/s, p99 {p99:.2} ms\n",
            contender.name,
            rate(contender)
        ));
    }
    let ratio = |peer: usize| rate(&contenders[0]) / rate(&contenders[peer]);
    text.push_str(&goal("mlflow models serve, tensor signature", ratio(2), "x", Goal::AtLeast(30.0)));
    text.push_str(&goal("FastAPI + onnxruntime, one worker", ratio(1), "x", Goal::AtLeast(5.0)));
    text.push_str(&goal("p99", of(&contenders[0], |load| load.p99_ms), " ms", Goal::AtMost(5.0)));
    text.push_str(&format!("mlflow models serve, column signature: {:.0}x\n", ratio(3)));
    text
}

/// Starts a contender, warms it up, and puts it under load; its forecast of the row is told as well.
async fn measure(contender: &Contender, folder: &Path, peers: &Peers) -> anyhow::Result<(Load, f64)> {
    let addr = free_addr()?;
    let command = (contender.command)(folder, peers, &addr.to_string())?;
    let server = Family::start(command, addr)?;
    let (url, body) = (format!("http://{addr}{}", contender.path), folder.join(contender.body));
    let y = forecast(&url, &body).await.with_context(|| format!("asking {}", contender.name))?;
    load::post(&url, &body, 2)?;
    let load = load::post(&url, &body, CONNECTIONS)?;
    drop(server);
    Ok((load, y))
}

/// The forecast of the one row, wherever the answer has it.
async fn forecast(url: &str, body: &Path) -> anyhow::Result<f64> {
    let answer = load::ask(url, body).await?;
    let said = &answer["predictions"];
    let places = [&said["y"][0][0], &said[0]["y"], &said[0]];
    places.into_iter().find_map(Value::as_f64).with_context(|| format!("no forecast in {answer}"))
}

fn ours(folder: &Path, _: &Peers, addr: &str) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--work", "serving", "--url", addr]).arg("--path").arg(folder);
    Ok(command)
}

fn fastapi(folder: &Path, peers: &Peers, addr: &str) -> anyhow::Result<Command> {
    let (host, port) = addr.split_once(':').context("an address")?;
    let mut command = Command::new(peers.environments.join("serving/bin/uvicorn"));
    command
        .args(["serving_fastapi:app", "--app-dir", "bench/peers", "--host", host, "--port", port])
        .args(["--workers", "1", "--no-access-log", "--log-level", "warning"])
        .env("ONNX_MODEL", folder.join("model.onnx"));
    Ok(command)
}

fn mlflow(model: &Path, peers: &Peers, addr: &str) -> anyhow::Result<Command> {
    let (host, port) = addr.split_once(':').context("an address")?;
    let bin = std::path::absolute(peers.environments.join("serving/bin"))?;
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new(bin.join("mlflow"));
    command
        .args(["models", "serve", "--env-manager", "local", "--workers", "1", "--host", host, "--port", port])
        .arg("--model-uri")
        .arg(model)
        .env("PATH", format!("{}:{path}", bin.display()))
        .env("MLFLOW_DISABLE_TELEMETRY", "true");
    Ok(command)
}

/// Writes the model and a row in the form of each contender.
pub(crate) fn prepare(folder: &Path) -> anyhow::Result<()> {
    let view = View::builtin(VIEW)?;
    let features = view.features().to_vec();
    let mut rng = ChaCha8Rng::seed_from_u64(158);
    let normal = Normal::new(0.0_f32, 0.02)?;
    let x = Array2::from_shape_simple_fn((ROWS, features.len()), || normal.sample(&mut rng));
    let noise: Vec<f64> = (0..ROWS).map(|_| f64::from(normal.sample(&mut rng))).collect();
    let y = Array1::from_iter(
        x.rows().into_iter().zip(noise).map(|(row, noise)| f64::from(row.sum()) * 0.1 + noise),
    );
    std::fs::write(folder.join("model.onnx"), artifact(&view, &x, &y)?)?;
    let row: Vec<f64> = x.row(7).iter().map(|value| f64::from(*value)).collect();
    let write = |name: &str, value: Value| std::fs::write(folder.join(name), value.to_string());
    write("columns.json", json!(features))?;
    write("inputs.json", json!({"inputs": [row]}))?;
    write("rows.json", json!({"rows": [row]}))?;
    write("split.json", json!({"dataframe_split": {"columns": features, "data": [row]}}))?;
    Ok(())
}

fn artifact(view: &View, x: &Array2<f32>, y: &Array1<f64>) -> anyhow::Result<Vec<u8>> {
    let (spec, features) = (ModelSpec::Ridge { alpha: 1.0 }, view.features());
    let context = ModelContext { features, horizon: Horizon::WEEK, seed: 0 };
    let model = spec.forecaster(context)?.fit(&TrainingRows::new(x.view(), y.view())?)?;
    let forecast = model.predict(x.view())?;
    let calibration = Calibration { x: x.view(), y: y.view(), forecast: forecast.view() };
    let scale = ScaleSpec::new(0, Horizon::WEEK);
    let interval = IntervalModel::calibrate(&calibration, scale, &DEFAULT_LEVELS)?;
    let meta = ArtifactMeta {
        model: spec.clone(),
        preprocessing: PreprocessingSpec::default(),
        view: VIEW.to_owned(),
        view_version: view.version().to_owned(),
        features: features.to_vec(),
        horizon: Horizon::WEEK,
        levels: DEFAULT_LEVELS.to_vec(),
        seed: 0,
    };
    Ok(to_onnx(&model, &interval, &meta)?)
}

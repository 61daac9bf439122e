//! Forecasts and features over HTTP, beside one row of features that is sent to the same server.
//!
//! The panel's bars and their `alpha158` are in ClickHouse; the server stands at the evening of the last session. wrk shares its cores.

use std::path::Path;
use std::process::Command;

use anyhow::Context;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::child::{self, Server, free_addr};
use crate::compute::VIEW;
use crate::load::{self, Load};
use crate::panel::{Quotes, SESSIONS, symbols};
use crate::report::{Goal, goal, median};
use crate::serving::prepare;
use crate::serving_alone::Standing;
use crate::store::Store;

/// What is asked for, by how many connections at once.
struct Question {
    name: &'static str,
    path: &'static str,
    body: &'static str,
    connections: usize,
    loads: Vec<Load>,
}

/// Asks everything in turn, again and again.
pub async fn run(weekahead: &Path, libchdb: &Path, runs: usize) -> anyhow::Result<String> {
    let (work, quotes) = (TempDir::new()?, Quotes::generate()?);
    let store = Store::with_bars(weekahead, libchdb, &quotes).await?;
    child::run(&mut store.command(&["features", "build", "--skip-marts", "--view", VIEW]))?;
    prepare(work.path())?;
    let now = quotes.knowledge_time(SESSIONS - 1);
    Standing { warehouse: store.url(), now, symbols: symbols().collect() }.write(work.path())?;
    write_bodies(work.path())?;
    let addr = free_addr()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--work", "serving", "--url", &addr.to_string()]).arg("--path").arg(work.path());
    let server = Server::start(command, addr)?;
    let mut questions = questions();
    for run in 0..=runs {
        for question in &mut questions {
            let (url, body) = (format!("http://{addr}{}", question.path), work.path().join(question.body));
            let load = load::post(&url, &body, question.connections)?;
            if run > 0 {
                question.loads.push(load);
            }
        }
    }
    let resident = child::memory_bytes(server.pid(), "VmRSS").context("the server is gone")?;
    Ok(told(&questions, resident))
}

fn questions() -> [Question; 5] {
    let question =
        |name, path, body, connections| Question { name, path, body, connections, loads: Vec::new() };
    [
        question("a row, /invocations", "/invocations", "inputs.json", 32),
        question("1 symbol, /v1/forecasts", "/v1/forecasts", "forecast.json", 32),
        question("100 symbols, /v1/forecasts", "/v1/forecasts", "forecasts.json", 1),
        question("1 symbol, /v1/features", "/v1/features", "feature.json", 2),
        question("100 symbols, /v1/features", "/v1/features", "features.json", 2),
    ]
}

fn told(questions: &[Question; 5], resident: u64) -> String {
    let of = |question: &Question, figure: fn(&Load) -> f64| {
        median(&question.loads.iter().map(figure).collect::<Vec<_>>())
    };
    let mut text = format!("Forecasts and features of {VIEW} over HTTP\n");
    for question in questions {
        text.push_str(&format!(
            "{:>27}: {:>8.0} requests/s, median {:.2} ms, p99 {:.2} ms, {} connections\n",
            question.name,
            of(question, |load| load.per_second),
            of(question, |load| load.p50_ms),
            of(question, |load| load.p99_ms),
            question.connections,
        ));
    }
    let [row, forecast, forecasts, ..] = questions;
    let cost = of(row, |load| load.per_second) / of(forecast, |load| load.per_second);
    text.push_str(&goal("a forecast against a row", cost, "x the cost", Goal::AtMost(1.5)));
    text.push_str(&goal(
        "100 forecasts, the median",
        of(forecasts, |load| load.p50_ms),
        " ms",
        Goal::AtMost(3.0),
    ));
    text.push_str(&format!("resident memory of the server: {:.0} MB\n", resident as f64 / 1e6));
    text
}

/// The first symbols, and ten features of each.
fn write_bodies(folder: &Path) -> anyhow::Result<()> {
    let named = |count: usize| symbols().take(count).collect::<Vec<_>>();
    let write = |name: &str, body: Value| std::fs::write(folder.join(name), body.to_string());
    write("forecast.json", json!({"symbols": named(1)}))?;
    write("forecasts.json", json!({"symbols": named(100)}))?;
    write("feature.json", json!({"symbols": named(1), "features": crate::join::FEATURES}))?;
    write("features.json", json!({"symbols": named(100), "features": crate::join::FEATURES}))?;
    Ok(())
}

//! Forecasts and features over HTTP: forecasts beside one row of features that is sent to the same server, features beside
//! Feast's feature server.
//!
//! The panel's bars and their `alpha158` are in ClickHouse; the server stands at the evening of the last session. wrk shares its cores.

use std::path::Path;
use std::process::Command;

use anyhow::Context;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::answers_feast::{self, FeastServer};
use crate::child::{self, Server, free_addr};
use crate::compute::VIEW;
use crate::load::{self, Load};
use crate::panel::{Quotes, SESSIONS, symbols};
use crate::peers::Peers;
use crate::report::{Goal, goal, median};
use crate::serving::prepare;
use crate::serving_alone::Standing;
use crate::store::Store;

/// Symbols of the larger questions.
const MANY: usize = 100;

/// What is asked for, by how many connections at once.
struct Question {
    name: &'static str,
    url: String,
    body: &'static str,
    connections: usize,
    loads: Vec<Load>,
}

/// Asks everything in turn, again and again.
pub async fn run(weekahead: &Path, libchdb: &Path, peers: &Peers, runs: usize) -> anyhow::Result<String> {
    let (work, quotes) = (TempDir::new()?, Quotes::generate()?);
    let store = Store::with_bars(weekahead, libchdb, &quotes).await?;
    child::run(&mut store.command(&["features", "build", "--skip-marts", "--view", VIEW]))?;
    prepare(work.path())?;
    let now = quotes.knowledge_time(SESSIONS - 1);
    Standing { warehouse: store.url(), now, symbols: symbols().collect() }.write(work.path())?;
    write_bodies(work.path())?;
    let feast = FeastServer::start(peers, work.path(), &quotes)?;
    let addr = free_addr()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--work", "serving", "--url", &addr.to_string()]).arg("--path").arg(work.path());
    let server = Server::start(command, addr)?;
    let mut questions = questions(&format!("http://{addr}"), &feast.url());
    let [_, _, _, one, feast_one, many, feast_many] = &questions;
    for (ours, feast, symbols) in [(one, feast_one, 1), (many, feast_many, MANY)] {
        let asked = |question: &Question| work.path().join(question.body);
        answers_feast::compare((&ours.url, asked(ours)), (&feast.url, asked(feast)), symbols).await?;
    }
    for run in 0..=runs {
        for question in &mut questions {
            let load = load::post(&question.url, &work.path().join(question.body), question.connections)?;
            if run > 0 {
                question.loads.push(load);
            }
        }
    }
    let resident = child::memory_bytes(server.pid(), "VmRSS").context("the server is gone")?;
    Ok(told(&questions, resident))
}

/// Features are asked of both in turn.
fn questions(ours: &str, feast: &str) -> [Question; 7] {
    let question =
        |name, url: String, body, connections| Question { name, url, body, connections, loads: Vec::new() };
    let of_ours = |name, path, body, connections| question(name, format!("{ours}{path}"), body, connections);
    let of_feast = |name, body| question(name, feast.to_owned(), body, 2);
    [
        of_ours("a row, /invocations", "/invocations", "inputs.json", 32),
        of_ours("1 symbol, /v1/forecasts", "/v1/forecasts", "forecast.json", 32),
        of_ours("100 symbols, /v1/forecasts", "/v1/forecasts", "forecasts.json", 1),
        of_ours("1 symbol, /v1/features", "/v1/features", "feature.json", 2),
        of_feast("1 symbol, Feast", "feast_feature.json"),
        of_ours("100 symbols, /v1/features", "/v1/features", "features.json", 2),
        of_feast("100 symbols, Feast", "feast_features.json"),
    ]
}

fn told(questions: &[Question; 7], resident: u64) -> String {
    let mut text = format!("Forecasts and features of {VIEW} over HTTP\n");
    for question in questions {
        text.push_str(&format!(
            "{:>27}: {:>8.0} requests/s, median {:.2} ms, p99 {:.2} ms, {} connections\n",
            question.name,
            question.rate(),
            question.median_of(|load| load.p50_ms),
            question.median_of(|load| load.p99_ms),
            question.connections,
        ));
    }
    let [row, forecast, forecasts, one, feast_one, many, feast_many] = questions;
    let figures = [
        ("a forecast against a row", row.rate() / forecast.rate(), "x the cost", Goal::AtMost(1.5)),
        ("100 forecasts, the median", forecasts.median_of(|load| load.p50_ms), " ms", Goal::AtMost(3.0)),
        ("Feast, features of 1 symbol", one.rate() / feast_one.rate(), "x", Goal::AtLeast(15.0)),
        ("Feast, features of 100 symbols", many.rate() / feast_many.rate(), "x", Goal::AtLeast(50.0)),
    ];
    for (what, figure, unit, wanted) in figures {
        text.push_str(&goal(what, figure, unit, wanted));
    }
    text.push_str(&format!("resident memory of the server: {:.0} MB\n", resident as f64 / 1e6));
    text
}

impl Question {
    /// Requests answered in a second.
    fn rate(&self) -> f64 {
        self.median_of(|load| load.per_second)
    }

    /// The median of all runs.
    fn median_of(&self, figure: fn(&Load) -> f64) -> f64 {
        median(&self.loads.iter().map(figure).collect::<Vec<_>>())
    }
}

/// The first symbols, and ten features of each.
fn write_bodies(folder: &Path) -> anyhow::Result<()> {
    let named = |count: usize| symbols().take(count).collect::<Vec<_>>();
    let write = |name: &str, body: Value| std::fs::write(folder.join(name), body.to_string());
    write("forecast.json", json!({"symbols": named(1)}))?;
    write("forecasts.json", json!({"symbols": named(MANY)}))?;
    write("feature.json", json!({"symbols": named(1), "features": crate::join::FEATURES}))?;
    write("features.json", json!({"symbols": named(MANY), "features": crate::join::FEATURES}))?;
    write("feast_feature.json", answers_feast::request(&named(1)))?;
    write("feast_features.json", answers_feast::request(&named(MANY)))?;
    Ok(())
}

//! The online store: a bar in and all features out, ten features of one symbol, and the memory of many symbols.
//!
//! Ours is `OnlineStore` in a process of its own; Feast's is `get_online_features` on SQLite in its own process. Every
//! operation is timed alone, and goes to another symbol than the one before, so that nothing is in the cache by chance.

use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use weekahead_features::View;
use weekahead_features::online::OnlineStore;
use weekahead_market::{BarSeries, CorporateAction, Symbol};

use crate::compute::VIEW;
use crate::join::FEATURES;
use crate::panel::{Quotes, SESSIONS, SYMBOLS, symbols};
use crate::peers::{Peers, Said};
use crate::report::{Goal, goal, median, quantile};
use crate::{child, feature_file};

/// Sessions that are loaded before the first push: enough for every window.
const LOADED: usize = 120;
/// Sessions that are pushed, of every symbol.
const PUSHED: usize = 20;
const READS: usize = 100_000;
/// Symbols whose memory is measured.
const MANY: usize = 10_000;

/// What our contender measured of itself: seconds of one operation each.
#[derive(Debug, Serialize, Deserialize)]
struct Measured {
    push: f64,
    push_99th: f64,
    read: f64,
    read_99th: f64,
    memory_bytes: u64,
}

/// Runs both in turn.
pub fn run(peers: &Peers, runs: usize) -> anyhow::Result<String> {
    let work = TempDir::new()?;
    let source = work.path().join("source.parquet");
    feature_file::write_for_feast(&source, &View::builtin(VIEW)?, &Quotes::generate()?, &FEATURES)?;
    let (mut ours, mut feast) = (Vec::new(), Vec::new());
    for run in 0..=runs {
        let measured: Measured =
            child::run(Command::new(std::env::current_exe()?).args(["--work", "online"]))?.said()?;
        let mut peer = peers.command("feast", "feast_online.py")?;
        let said: Said = child::run(peer.arg(&source).args(["--features", &FEATURES.join(",")]))?.said()?;
        if run > 0 {
            ours.push(measured);
            feast.push(said.seconds * 1e6);
        }
    }
    let micros = |of: fn(&Measured) -> f64| 1e6 * median(&ours.iter().map(of).collect::<Vec<_>>());
    let (push, read, feast) = (micros(|m| m.push), micros(|m| m.read), median(&feast));
    let memory = ours.iter().map(|m| m.memory_bytes).max().unwrap_or(0) as f64 / 1e6;
    let mut text = format!("The online store of {VIEW}, medians of single operations\n");
    text.push_str(&goal("push a bar and read all 158 features", push, " us", Goal::AtMost(20.0)));
    text.push_str(&goal("read 10 features of one symbol", read, " us", Goal::AtMost(2.0)));
    text.push_str(&goal(&format!("memory of {MANY} symbols"), memory, " MB", Goal::AtMost(100.0)));
    text.push_str(&format!(
        "at the 99th percentile: push {:.2} us, read {:.2} us\n",
        micros(|m| m.push_99th),
        micros(|m| m.read_99th)
    ));
    text.push_str(&format!(
        "Feast, SQLite in process, 10 features of one symbol: {feast:.0} us, {:.0}x ours\n",
        feast / read
    ));
    Ok(text)
}

/// Pushes, reads, and counts the memory of many symbols; prints what it took.
pub fn work() -> anyhow::Result<()> {
    let (view, quotes) = (View::builtin(VIEW)?, Quotes::generate()?);
    let names: Vec<String> = symbols().collect();
    let mut store = OnlineStore::new(&view)?;
    for (name, at) in names.iter().zip(0..) {
        let symbol = Symbol::new(name)?;
        store.load(&symbol, &history(&quotes, &symbol, at)?);
    }
    let pushes = push_all(&mut store, &quotes)?;
    let reads = read_many(&store, &names)?;
    drop(store);
    let measured = Measured {
        push: median(&pushes),
        push_99th: quantile(&pushes, 0.99),
        read: median(&reads),
        read_99th: quantile(&reads, 0.99),
        memory_bytes: memory_of_many(&view, &quotes)?,
    };
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}

/// The last sessions but those that are pushed.
fn history(quotes: &Quotes, symbol: &Symbol, of: usize) -> anyhow::Result<BarSeries> {
    let mut series = BarSeries::new();
    let end = SESSIONS - PUSHED;
    for at in end - LOADED..end {
        let (session, bar) = (quotes.sessions[at], quotes.bars[of][at]);
        series.push(symbol, session, bar, CorporateAction::NONE, quotes.knowledge_time(at))?;
    }
    Ok(series)
}

/// Session by session, as bars come in: seconds of each push with the copy of its whole answer.
fn push_all(store: &mut OnlineStore, quotes: &Quotes) -> anyhow::Result<Vec<f64>> {
    let symbols = symbols().map(|name| Symbol::new(&name)).collect::<Result<Vec<_>, _>>()?;
    let mut answer = vec![0.0_f32; store.view().features().len()];
    let mut seconds = Vec::with_capacity(PUSHED * SYMBOLS);
    for at in SESSIONS - PUSHED..SESSIONS {
        let (session, known) = (quotes.sessions[at], quotes.knowledge_time(at));
        for (symbol, bars) in symbols.iter().zip(&quotes.bars) {
            let started = Instant::now();
            let values = store.push(symbol, session, &bars[at], &CorporateAction::NONE, known)?;
            answer.copy_from_slice(values);
            black_box(&mut answer);
            seconds.push(started.elapsed().as_secs_f64());
        }
    }
    Ok(seconds)
}

/// Seconds of each read of [`FEATURES`] by name, of a symbol by name.
fn read_many(store: &OnlineStore, names: &[String]) -> anyhow::Result<Vec<f64>> {
    let mut seconds = Vec::with_capacity(READS);
    let mut answer = [0.0_f32; FEATURES.len()];
    for name in names.iter().cycle().take(READS) {
        let started = Instant::now();
        let latest = store.latest(&Symbol::new(name)?).context("the symbol was loaded")?;
        for (slot, feature) in answer.iter_mut().zip(FEATURES) {
            let position = store.view().position(black_box(feature)).context("the view has the feature")?;
            *slot = latest.values[position];
        }
        black_box(&mut answer);
        seconds.push(started.elapsed().as_secs_f64());
    }
    Ok(seconds)
}

/// By how much a store of many symbols makes this process larger.
fn memory_of_many(view: &View, quotes: &Quotes) -> anyhow::Result<u64> {
    let resident = || child::memory_bytes(std::process::id(), "VmRSS").context("no /proc here");
    let before = resident()?;
    let mut store = OnlineStore::new(view)?;
    for at in 0..MANY {
        let symbol = Symbol::new(&format!("M{at:05}"))?;
        store.load(&symbol, &history(quotes, &symbol, at % SYMBOLS)?);
    }
    let after = resident()?;
    black_box(&store);
    Ok(after.saturating_sub(before))
}

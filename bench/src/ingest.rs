//! Provider to committed Parquet: `weekahead ingest` beside dlt and beside requests with pyarrow alone.
//!
//! All read the same answers from the same replay provider. Ours is timed as a whole process, its start, the S3
//! protocol and the kept raw answers included; the peers' imports and set-up are not counted.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};
use serde::Deserialize;
use tempfile::TempDir;
use weekahead_market::{Calendar, Session};

use crate::child::{self, Server, free_addr};
use crate::panel;
use crate::report::{Contender, table};

const LAST: &str = "2022-12-30";

/// Runs the contenders in turn.
pub async fn run(weekahead: &Path, venv: &Path, runs: usize) -> anyhow::Result<String> {
    let work = TempDir::new()?;
    let quotes = work.path().join("quotes.parquet");
    panel::write(&quotes, &sessions()?)?;
    let symbols = work.path().join("symbols");
    std::fs::write(&symbols, panel::symbols().collect::<Vec<_>>().join("\n"))?;
    let provider = replay_provider(weekahead, &quotes)?;
    let python = venv.join("bin/python");
    if !python.exists() {
        bail!("{} is missing: `make bench` brings it", python.display());
    }
    let mut ours = Contender::new("weekahead ingest");
    let modes =
        [("raw", "requests + pyarrow"), ("arrow", "dlt, a table a document"), ("dicts", "dlt, a dict a bar")];
    let mut peers = modes.map(|(_, name)| Contender::new(name));
    for run in 0..=runs {
        let (seconds, rows, peak) = ingest_once(weekahead, provider.addr)?;
        if run > 0 {
            ours.ran(seconds, rows, peak);
        }
        for ((mode, _), peer) in modes.iter().zip(&mut peers) {
            let (seconds, rows, peak) = peer_once(&python, provider.addr, &symbols, mode)?;
            if run > 0 {
                peer.ran(seconds, rows, peak);
            }
        }
    }
    let contenders: Vec<_> = std::iter::once(ours).chain(peers).collect();
    let title =
        format!("Ingest of {} symbols x {} sessions from a local provider", panel::SYMBOLS, panel::SESSIONS);
    Ok(table(&title, &contenders))
}

/// The last sessions before [`LAST`], as days since 1970.
fn sessions() -> anyhow::Result<Vec<i32>> {
    let calendar = Calendar::nyse();
    let last: Session = LAST.parse()?;
    let first = calendar.offset(last, 1 - panel::SESSIONS as i64)?;
    Ok(calendar.between(first, last).iter().map(|session| session.days_since_epoch()).collect())
}

fn replay_provider(weekahead: &Path, quotes: &Path) -> anyhow::Result<Server> {
    let addr = free_addr()?;
    let mut command = Command::new(weekahead);
    command.arg("replay-provider").arg("--quotes").arg(quotes).arg("--addr").arg(addr.to_string());
    Server::start(command, addr)
}

/// One ingest into a new lake: seconds, rows, peak memory of the ingesting process.
fn ingest_once(weekahead: &Path, provider: SocketAddr) -> anyhow::Result<(f64, u64, u64)> {
    let home = TempDir::new()?;
    let lake = free_addr()?;
    let with_settings = |args: &[&str]| {
        let mut command = Command::new(weekahead);
        command
            .args(args)
            .env("WEEKAHEAD_HOME", home.path())
            .env("WEEKAHEAD_LAKE__ENDPOINT", format!("http://{lake}"))
            .env("WEEKAHEAD_PROVIDER__URL", format!("http://{provider}"))
            .env("WEEKAHEAD_PROVIDER__REQUESTS_PER_SECOND", "0")
            .env("WEEKAHEAD_UNIVERSE__SYMBOLS", panel::symbols().collect::<Vec<_>>().join(","))
            .env("WEEKAHEAD_UNIVERSE__SINCE", "2000-01-03");
        command
    };
    let _lake = Server::start(with_settings(&["lake", "serve"]), lake)?;
    let finished = child::run(&mut with_settings(&["ingest", "--as-of", "2022-12-31"]))?;
    let expected = (panel::SYMBOLS * panel::SESSIONS) as u64;
    let loads = child::run(&mut with_settings(&["lake", "loads"]))?.stdout;
    if !loads.contains("1,260,000") {
        bail!("the load is not whole:\n{loads}");
    }
    Ok((finished.seconds, expected, finished.peak_bytes))
}

fn peer_once(
    python: &Path,
    provider: SocketAddr,
    symbols: &Path,
    mode: &str,
) -> anyhow::Result<(f64, u64, u64)> {
    #[derive(Deserialize)]
    struct Said {
        rows: u64,
        seconds: f64,
        peak_rss_bytes: u64,
    }
    let out = TempDir::new()?;
    let mut command = Command::new(python);
    command.arg("bench/peers/ingest.py").arg(format!("http://{provider}")).arg(symbols).arg(out.path());
    let finished = child::run(command.args(["--mode", mode]))?;
    let line = finished.stdout.lines().last().context("the peer said nothing")?;
    let said: Said = serde_json::from_str(line)?;
    Ok((said.seconds, said.rows, said.peak_rss_bytes))
}

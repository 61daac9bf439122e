//! Provider to committed Parquet: `weekahead ingest` beside dlt and beside requests with pyarrow alone.
//!
//! All read the same answers from the same replay provider. Ours is timed as a whole process, its start, the S3
//! protocol and the kept raw answers included; the peers' imports and set-up are not counted.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use anyhow::bail;
use tempfile::TempDir;

use crate::child::{self, Server, free_addr};
use crate::panel;
use crate::peers::{Peers, Said};
use crate::report::{Contender, table};

/// Runs the contenders in turn.
pub fn run(weekahead: &Path, peers: &Peers, runs: usize) -> anyhow::Result<String> {
    let work = TempDir::new()?;
    let quotes = work.path().join("quotes.parquet");
    panel::Quotes::generate()?.write(&quotes)?;
    let symbols = work.path().join("symbols");
    std::fs::write(&symbols, panel::symbols().collect::<Vec<_>>().join("\n"))?;
    let provider = replay_provider(weekahead, &quotes)?;
    let mut ours = Contender::new("weekahead ingest");
    let modes =
        [("raw", "requests + pyarrow"), ("arrow", "dlt, a table a document"), ("dicts", "dlt, a dict a bar")];
    let mut theirs = modes.map(|(_, name)| Contender::new(name));
    for run in 0..=runs {
        let (seconds, rows, peak) = ingest_once(weekahead, provider.addr)?;
        if run > 0 {
            ours.ran(seconds, rows, peak);
        }
        for ((mode, _), peer) in modes.iter().zip(&mut theirs) {
            let said = peer_once(peers, provider.addr, &symbols, mode)?;
            if run > 0 {
                peer.ran(said.seconds, said.rows, said.peak_rss_bytes);
            }
        }
    }
    let contenders: Vec<_> = std::iter::once(ours).chain(theirs).collect();
    let title =
        format!("Ingest of {} symbols x {} sessions from a local provider", panel::SYMBOLS, panel::SESSIONS);
    Ok(table(&title, &contenders))
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
    let expected = panel::ROWS as u64;
    let loads = child::run(&mut with_settings(&["lake", "loads"]))?.stdout;
    if !loads.contains("1,260,000") {
        bail!("the load is not whole:\n{loads}");
    }
    Ok((finished.seconds, expected, finished.peak_bytes))
}

fn peer_once(peers: &Peers, provider: SocketAddr, symbols: &Path, mode: &str) -> anyhow::Result<Said> {
    let out = TempDir::new()?;
    let mut command = peers.command("tables", "ingest.py")?;
    command.arg(format!("http://{provider}")).arg(symbols).arg(out.path());
    child::run(command.args(["--mode", mode]))?.said()
}

//! The ClickHouse HTTP front beside the library called in process: the same rows in, the same rows out.
//!
//! Both insert five million rows of RowBinary in pieces of 1 MiB and read them back in RowBinary. The direct work is done
//! by a process of its own (this program again), so that both start with an empty engine.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, ensure};
use bytes::Bytes;
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use weekahead_engine::{Direct, EngineConfig};

use crate::child::{self, Server, free_addr};
use crate::report::{Contender, table};

/// Rows of each contender's work.
pub const ROWS: u64 = 5_000_000;
/// Bytes of a row: UInt64, Int64, Float64, Float64.
const ROW_BYTES: usize = 32;
const CHUNK_BYTES: usize = 1 << 20;
const CREATE: &str =
    "CREATE TABLE bench (id UInt64, day Int64, open Float64, close Float64) ENGINE = MergeTree ORDER BY id";
const INSERT: &str = "INSERT INTO bench";
const SELECT: &str = "SELECT * FROM bench";

/// What a contender measured of itself.
#[derive(Debug, Serialize, Deserialize)]
struct Work {
    insert_seconds: f64,
    select_seconds: f64,
}

/// Runs both in turn.
pub async fn run(weekahead: &Path, libchdb: &Path, runs: usize) -> anyhow::Result<String> {
    let rows = rows();
    let mut contenders =
        ["HTTP front, insert", "library, insert", "HTTP front, read", "library, read"].map(Contender::new);
    for run in 0..=runs {
        let (front, front_peak) = over_http(weekahead, libchdb, &rows).await?;
        let (direct, direct_peak) = directly(libchdb)?;
        if run > 0 {
            contenders[0].ran(front.insert_seconds, ROWS, front_peak);
            contenders[1].ran(direct.insert_seconds, ROWS, direct_peak);
            contenders[2].ran(front.select_seconds, ROWS, front_peak);
            contenders[3].ran(direct.select_seconds, ROWS, direct_peak);
        }
    }
    let cost = |front: usize| contenders[front].median() / contenders[front + 1].median();
    let total = |a: usize, b: usize| contenders[a].median() + contenders[b].median();
    let mut text = table(&format!("{ROWS} rows of RowBinary into ClickHouse"), &contenders[..2]);
    text.push_str(&table(&format!("{ROWS} rows of RowBinary out of ClickHouse"), &contenders[2..]));
    text.push_str(&format!(
        "the HTTP front costs {:.2}x the library: {:.2}x on insert, {:.2}x on read\n\
         memory of the front above the engine's own: {:.0} MB\n",
        total(0, 2) / total(1, 3),
        cost(0),
        cost(2),
        (contenders[0].peak_bytes as f64 - contenders[1].peak_bytes as f64) / 1e6,
    ));
    Ok(text)
}

/// The work of the direct contender, in this process: prints what it measured.
pub fn work_directly(libchdb: &Path, directory: Option<&Path>) -> anyhow::Result<()> {
    let directory = directory.context("the direct work needs a directory")?;
    let config = EngineConfig {
        data_dir: directory.to_owned(),
        libchdb: libchdb.to_owned(),
        ..EngineConfig::default()
    };
    let engine = Direct::open(config)?;
    let rows = rows();
    engine.execute(CREATE, "TSV")?;
    let started = Instant::now();
    engine.insert(INSERT, "RowBinary", rows.chunks(CHUNK_BYTES))?;
    let insert_seconds = started.elapsed().as_secs_f64();
    let (started, mut read) = (Instant::now(), 0);
    engine.select(SELECT, "RowBinary", |block| read += block.len())?;
    let select_seconds = started.elapsed().as_secs_f64();
    ensure!(read == rows.len(), "{read} bytes came back of {}", rows.len());
    println!("{}", serde_json::to_string(&Work { insert_seconds, select_seconds })?);
    engine.close();
    std::process::exit(0)
}

fn directly(libchdb: &Path) -> anyhow::Result<(Work, u64)> {
    let directory = TempDir::new()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--work", "direct"]).arg("--path").arg(directory.path()).arg("--libchdb").arg(libchdb);
    let finished = child::run(&mut command)?;
    // The rows are held by the working process here and by us there.
    let held = ROWS * ROW_BYTES as u64;
    Ok((finished.said()?, finished.peak_bytes.saturating_sub(held)))
}

async fn over_http(weekahead: &Path, libchdb: &Path, rows: &Bytes) -> anyhow::Result<(Work, u64)> {
    let home = TempDir::new()?;
    let addr = free_addr()?;
    let mut command = Command::new(weekahead);
    command
        .args(["warehouse", "serve"])
        .env("WEEKAHEAD_HOME", home.path())
        .env("WEEKAHEAD_TOOLS__LIBCHDB", libchdb)
        .env("WEEKAHEAD_WAREHOUSE__URL", format!("http://{addr}"));
    let server = Server::start(command, addr)?;
    // Both contenders move plain bytes: compression is work of its own.
    let client = reqwest::Client::builder().no_gzip().no_proxy().build()?;
    let url = |sql: &str| reqwest::Url::parse_with_params(&format!("http://{addr}/"), [("query", sql)]);
    client.post(url(CREATE)?).send().await?.error_for_status()?;
    let pieces: Vec<_> = (0..rows.len()).step_by(CHUNK_BYTES).map(|at| piece(rows, at)).collect();
    let body =
        reqwest::Body::wrap_stream(futures::stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>)));
    let started = Instant::now();
    let insert = url(&format!("{INSERT} FORMAT RowBinary"))?;
    client.post(insert).body(body).send().await?.error_for_status()?;
    let insert_seconds = started.elapsed().as_secs_f64();
    let (started, mut read) = (Instant::now(), 0);
    let select = url(&format!("{SELECT} FORMAT RowBinary"))?;
    let mut answer = client.post(select).send().await?.error_for_status()?.bytes_stream();
    while let Some(block) = answer.next().await {
        read += block?.len();
    }
    let select_seconds = started.elapsed().as_secs_f64();
    ensure!(read == rows.len(), "{read} bytes came back of {}", rows.len());
    Ok((Work { insert_seconds, select_seconds }, server.peak_bytes()))
}

fn piece(rows: &Bytes, at: usize) -> Bytes {
    rows.slice(at..(at + CHUNK_BYTES).min(rows.len()))
}

fn rows() -> Bytes {
    let mut bytes = Vec::with_capacity(ROWS as usize * ROW_BYTES);
    for id in 0..ROWS {
        let price = 50.0 + (id % 9_973) as f64 / 100.0;
        bytes.extend(id.to_le_bytes());
        bytes.extend((id % 7_300).to_le_bytes());
        bytes.extend(price.to_le_bytes());
        bytes.extend((price * 1.01).to_le_bytes());
    }
    bytes.into()
}

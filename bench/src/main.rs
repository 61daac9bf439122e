//! Benchmarks: ours and the named peers in one run, told as ratios.
//!
//! Machines differ and are shared; a ratio of medians, taken in turn in the same minutes, says what a second does not.

mod child;
mod front;
mod ingest;
mod panel;
mod report;

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// What `make bench` runs.
#[derive(Debug, Parser)]
struct Cli {
    /// Which benchmarks; all of them by default
    #[arg(value_enum)]
    only: Vec<Benchmark>,
    /// Counted runs of each contender, after one that warms up
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// The `weekahead` binary [default: beside this program]
    #[arg(long)]
    weekahead: Option<PathBuf>,
    /// The Python environment of the peers
    #[arg(long, default_value = ".deps/bench-venv")]
    venv: PathBuf,
    /// The ClickHouse engine as a library
    #[arg(long, default_value = ".deps/chdb/libchdb.so")]
    libchdb: PathBuf,
    /// Internal: work on the library directly, in this process, in this directory
    #[arg(long, hide = true)]
    direct: Option<PathBuf>,
}

/// A benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Benchmark {
    /// Provider to committed Parquet, beside dlt and bare requests with pyarrow
    Ingest,
    /// The ClickHouse HTTP front, beside the library called in process
    Front,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    if let Some(directory) = &cli.direct {
        return front::work_directly(&cli.libchdb, directory);
    }
    let chosen = |benchmark| cli.only.is_empty() || cli.only.contains(&benchmark);
    let weekahead = cli.weekahead.clone().map_or_else(beside_us, Ok)?;
    if chosen(Benchmark::Ingest) {
        println!("{}", ingest::run(&weekahead, &cli.venv, cli.runs).await?);
    }
    if chosen(Benchmark::Front) {
        println!("{}", front::run(&weekahead, &cli.libchdb, cli.runs).await?);
    }
    Ok(())
}

fn beside_us() -> anyhow::Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name("weekahead"))
}

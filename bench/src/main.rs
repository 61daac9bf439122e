//! Benchmarks: ours and the named peers in one run, told as ratios.
//!
//! Machines differ and are shared; a ratio of medians, taken in turn in the same minutes, says what a second does not.

mod agreement;
mod alpha158;
mod answers;
mod answers_feast;
mod child;
mod compute;
mod dashboards;
mod feature_file;
mod front;
mod ingest;
mod join;
mod join_alone;
mod life;
mod linear;
mod linear_alone;
mod load;
mod materialize;
mod memory;
mod native;
mod online;
mod panel;
mod peers;
mod platform;
#[expect(dead_code, reason = "the tests that share it have more to change")]
#[path = "../../serving/tests/support/registry.rs"]
mod registry;
mod report;
mod series;
mod series_alone;
mod serving;
mod serving_alone;
mod store;
mod trees;
mod trees_alone;
mod universe;
mod weekly;

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::peers::Peers;

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
    /// The folder of the peers' Python environments
    #[arg(long, default_value = ".deps/bench")]
    peers: PathBuf,
    /// The ClickHouse engine as a library
    #[arg(long, default_value = ".deps/chdb/libchdb.so")]
    libchdb: PathBuf,
    /// Internal: be a contender, in this process
    #[arg(long, value_enum, hide = true)]
    work: Option<Work>,
    /// Internal: where the contender works, or what it writes
    #[arg(long, hide = true)]
    path: Option<PathBuf>,
    /// Internal: the warehouse that the contender asks
    #[arg(long, hide = true)]
    url: Option<String>,
    /// Internal: the model that the contender fits
    #[arg(long, hide = true)]
    model: Option<String>,
    /// Internal: its penalty
    #[arg(long, hide = true)]
    alpha: Option<f64>,
}

/// A benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Benchmark {
    /// Provider to committed Parquet, beside dlt and bare requests with pyarrow
    Ingest,
    /// The ClickHouse HTTP front, beside the library called in process
    Front,
    /// All features of Alpha158 in memory, beside Qlib, polars and ClickHouse
    Alpha158,
    /// Feature views from and to the warehouse, beside a bare insert of the same columns
    Materialize,
    /// Point-in-time joins out of the warehouse, beside Feast on DuckDB
    Join,
    /// The online store, beside Feast on SQLite in process
    Online,
    /// Ridge and elastic net on ten years of Alpha158, beside scikit-learn
    Linear,
    /// Random forest and gradient boosting on Alpha158, beside scikit-learn and LightGBM
    Trees,
    /// ETS and Theta of 500 series of closes, beside statsforecast
    Series,
    /// A whole weekly training on the embedded platform
    Weekly,
    /// One row over HTTP, beside `mlflow models serve` and FastAPI with ONNX Runtime
    Serving,
    /// Forecasts and features over HTTP, beside one row of the same server and Feast's feature server
    Answers,
    /// Ten thousand symbols: a batch of forecasts, the start of the server and its memory
    Universe,
    /// A simulated year of the whole platform
    Life,
    /// Every query of the dashboards over 5,000 symbols and ten years
    Dashboards,
}

/// A contender that is this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Work {
    Direct,
    Compute,
    Join,
    Online,
    Linear,
    Trees,
    Series,
    Serving,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    if let Some(work) = cli.work {
        return contend(work, &cli).await;
    }
    let chosen = |benchmark| cli.only.is_empty() || cli.only.contains(&benchmark);
    let weekahead = cli.weekahead.clone().map_or_else(beside_us, Ok)?;
    let (libchdb, peers) = (&cli.libchdb, Peers { environments: cli.peers.clone() });
    if chosen(Benchmark::Ingest) {
        println!("{}", ingest::run(&weekahead, &peers, cli.runs)?);
    }
    if chosen(Benchmark::Front) {
        println!("{}", front::run(&weekahead, libchdb, cli.runs).await?);
    }
    if chosen(Benchmark::Alpha158) {
        println!("{}", alpha158::run(&peers, cli.runs)?);
    }
    if chosen(Benchmark::Materialize) {
        println!("{}", materialize::run(&weekahead, libchdb, cli.runs).await?);
    }
    if chosen(Benchmark::Join) {
        println!("{}", join::run(&weekahead, libchdb, &peers, cli.runs).await?);
    }
    if chosen(Benchmark::Online) {
        println!("{}", online::run(&peers, cli.runs)?);
    }
    if chosen(Benchmark::Linear) {
        println!("{}", linear::run(&peers, cli.runs)?);
    }
    if chosen(Benchmark::Trees) {
        println!("{}", trees::run(&peers, cli.runs)?);
    }
    if chosen(Benchmark::Series) {
        println!("{}", series::run(&peers, cli.runs)?);
    }
    if chosen(Benchmark::Weekly) {
        println!("{}", weekly::run(&weekahead, libchdb, cli.runs).await?);
    }
    if chosen(Benchmark::Serving) {
        println!("{}", serving::run(&peers, cli.runs).await?);
    }
    if chosen(Benchmark::Answers) {
        println!("{}", answers::run(&weekahead, libchdb, &peers, cli.runs).await?);
    }
    if chosen(Benchmark::Universe) {
        println!("{}", universe::run(&weekahead, libchdb, cli.runs).await?);
    }
    if chosen(Benchmark::Life) {
        println!("{}", life::run(&weekahead, libchdb, cli.runs)?);
    }
    if chosen(Benchmark::Dashboards) {
        println!("{}", dashboards::run(&weekahead, libchdb, cli.runs).await?);
    }
    Ok(())
}

async fn contend(work: Work, cli: &Cli) -> anyhow::Result<()> {
    match work {
        Work::Direct => front::work_directly(&cli.libchdb, cli.path.as_deref()),
        Work::Compute => compute::work(cli.path.as_deref()),
        Work::Join => join_alone::work(cli.path.as_deref(), cli.url.as_deref()).await,
        Work::Online => online::work(),
        Work::Linear => linear_alone::work(cli.path.as_deref(), cli.model.as_deref(), cli.alpha),
        Work::Trees => trees_alone::work(cli.path.as_deref(), cli.model.as_deref()),
        Work::Series => series_alone::work(cli.path.as_deref(), cli.model.as_deref()),
        Work::Serving => serving_alone::work(cli.path.as_deref(), cli.url.as_deref()).await,
    }
}

fn beside_us() -> anyhow::Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name("weekahead"))
}

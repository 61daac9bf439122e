//! Our contender of `join`, as a process of its own: entity rows in memory in, columns in memory out.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::Context;
use jiff::Timestamp;
use polars::prelude::*;
use weekahead_features::View;
use weekahead_market::AsOf;
use weekahead_warehouse::{Entities, Joined, Warehouse, WarehouseConfig};

use crate::child;
use crate::compute::VIEW;
use crate::feature_file::read;
use crate::join::FEATURES;
use crate::peers::Said;

/// Rows of the join that warms up.
const FIRST_JOIN: usize = 10;

/// Runs [`work`] as a process.
pub fn run(entities: &Path, url: &str) -> anyhow::Result<Said> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--work", "join", "--url", url]).arg("--path").arg(entities);
    child::run(&mut command)?.said()
}

/// Joins the rows of a file and prints what it took, and how many met something.
pub async fn work(entities: Option<&Path>, url: Option<&str>) -> anyhow::Result<()> {
    let (entities, url) = entities.zip(url).context("name the entity rows and the warehouse")?;
    let warehouse =
        Warehouse::connect(&WarehouseConfig { url: url.to_owned(), ..WarehouseConfig::default() }).await?;
    let frame = read(entities)?;
    join(&warehouse, &frame.head(Some(FIRST_JOIN))).await?;
    let started = Instant::now();
    let joined = join(&warehouse, &frame).await?;
    let seconds = started.elapsed().as_secs_f64();
    let rows = (frame.height() - joined.unmatched()) as u64;
    let peak_rss_bytes = child::memory_bytes(std::process::id(), "VmHWM").unwrap_or(0);
    println!("{}", serde_json::to_string(&Said { rows, seconds, peak_rss_bytes })?);
    Ok(())
}

async fn join(warehouse: &Warehouse, frame: &DataFrame) -> anyhow::Result<Joined> {
    let (symbols, instants) = (frame.column("symbol")?.str()?, frame.column("as_of")?.datetime()?);
    let mut entities = Entities::default();
    for (symbol, micros) in symbols.iter().zip(instants.physical().iter()) {
        let (symbol, micros) = symbol.zip(micros).context("an entity row lacks its symbol or instant")?;
        entities.push(symbol, AsOf::at(Timestamp::from_microsecond(micros)?));
    }
    let (view, names) = (View::builtin(VIEW)?, FEATURES.map(str::to_owned));
    Ok(warehouse.point_in_time_join(view.name(), view.version(), &names, &entities).await?)
}

//! From bars in the warehouse to features in the warehouse: `weekahead features build` beside a bare insert.
//!
//! The build is timed as a whole process: it reads the bars, computes, and writes. The insert sends the same finished rows,
//! which it holds ready in memory, into the same table, emptied, in one statement of Native blocks.

use std::path::Path;

use anyhow::ensure;
use bytes::Bytes;

use crate::child;
use crate::compute::VIEW;
use crate::native::Http;
use crate::panel::{Quotes, ROWS};
use crate::report::{Contender, Goal, goal, table};
use crate::store::Store;

/// Runs both in turn, each time on a new warehouse.
pub async fn run(weekahead: &Path, libchdb: &Path, runs: usize) -> anyhow::Result<String> {
    let quotes = Quotes::generate()?;
    let mut ours = Contender::new("weekahead features build");
    let mut bare = Contender::new("bare insert of the same rows");
    let mut rows = Vec::new();
    for run in 0..=runs {
        let store = Store::with_bars(weekahead, libchdb, &quotes).await?;
        let build = child::run(&mut store.command(&["features", "build", "--skip-marts", "--view", VIEW]))?;
        let http = Http::new(&store.url())?;
        let seconds = insert_again(&http, &mut rows).await?;
        if run > 0 {
            ours.ran(build.seconds, ROWS as u64, build.peak_bytes);
            bare.ran(seconds, ROWS as u64, rows.iter().map(|piece| piece.len() as u64).sum());
        }
    }
    let (ratio, peak) = (ours.median() / bare.median(), ours.peak_bytes as f64 / 1e6);
    let mut text = table(&format!("{VIEW} from bars to features in ClickHouse, {ROWS} rows"), &[ours, bare]);
    text.push_str(&goal("the build against the bare insert", ratio, "x", Goal::AtMost(1.5)));
    text.push_str(&goal("memory of the build", peak, " MB", Goal::AtMost(1_000.0)));
    Ok(text)
}

/// Empties the table and inserts the rows that the first build left in it.
async fn insert_again(http: &Http, rows: &mut Vec<Bytes>) -> anyhow::Result<f64> {
    let table = format!("features.{VIEW}");
    whole(http, &table).await?;
    if rows.is_empty() {
        let order = "view_version, symbol, session, knowledge_time";
        *rows = http.read(&format!("SELECT * FROM {table} ORDER BY {order}")).await?;
    }
    http.execute(&format!("TRUNCATE TABLE {table}")).await?;
    let seconds = http.insert(&table, rows).await?;
    whole(http, &table).await?;
    Ok(seconds)
}

async fn whole(http: &Http, table: &str) -> anyhow::Result<()> {
    let count = http.execute(&format!("SELECT count() FROM {table}")).await?;
    ensure!(count == ROWS.to_string(), "{table} has {count} rows, not {ROWS}");
    Ok(())
}

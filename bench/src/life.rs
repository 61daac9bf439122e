//! A simulated year as a user runs it: `weekahead simulate`, from an empty directory to the hash of every table.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use tempfile::TempDir;

use crate::child::free_addrs;
use crate::report::{Goal, goal, median};

/// The Fridays of 2012; four of five symbols until FB comes in May.
const YEAR: [&str; 5] = ["simulate", "--from", "2012-01-02", "--to", "2012-12-28"];
/// How many there are.
const WEEKS: &str = "52";

/// Lives through the year again and again, each time on an empty platform; in seconds, since nobody else offers it.
pub fn run(weekahead: &Path, libchdb: &Path, runs: usize) -> anyhow::Result<String> {
    let (mut whole, mut outside_dbt) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        let (all, outside) = live(weekahead, libchdb)?;
        whole.push(all);
        outside_dbt.push(outside);
    }
    let mut text =
        "a simulated year: 52 cycles, 5 symbols, random walk, ridge and elastic net, from an empty platform\n".to_owned();
    text.push_str(&goal("all of it", median(&whole), " s", Goal::AtMost(300.0)));
    text.push_str(&goal("outside dbt", median(&outside_dbt), " s", Goal::AtMost(60.0)));
    Ok(text)
}

/// The seconds of a year, and those of them that were not dbt's.
fn live(weekahead: &Path, libchdb: &Path) -> anyhow::Result<(f64, f64)> {
    let home = TempDir::new()?;
    let [lake, warehouse, tracker] = free_addrs()?;
    let output = Command::new(weekahead)
        .args(YEAR)
        .env("WEEKAHEAD_HOME", home.path())
        .env("WEEKAHEAD_TOOLS__LIBCHDB", std::path::absolute(libchdb)?)
        .env("WEEKAHEAD_LAKE__ENDPOINT", format!("http://{lake}"))
        .env("WEEKAHEAD_WAREHOUSE__URL", format!("http://{warehouse}"))
        .env("WEEKAHEAD_TRACKER__URL", format!("http://{tracker}"))
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "weekahead simulate: {}", String::from_utf8_lossy(&output.stderr));
    // "52 weeks in 180 s, 50 s of it outside dbt"
    let last = said.lines().last().unwrap_or_default();
    let words: Vec<&str> = last.split(' ').collect();
    ensure!(words.first() == Some(&WEEKS), "it lived through another year: {last}");
    let seconds = |at: usize| -> anyhow::Result<f64> { Ok(words.get(at).context("no seconds")?.parse()?) };
    Ok((seconds(3)?, seconds(5)?))
}

//! What the dashboards ask of the warehouse when they are opened: 5,000 symbols, ten years, marts by dbt.
//!
//! The market is made up (`bench/dashboards/market.sql`), straight into the staging tables; the queries are those of the bundle's
//! charts with the filters that a dashboard starts with (`bench/dashboards/charts.py`).

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use serde::Deserialize;

use crate::native::Http;
use crate::platform::Platform;
use crate::report::{Goal, goal};

const MARKET: &str = include_str!("../dashboards/market.sql");
/// How large the market is.
const SIZES: [(&str, u32); 4] = [("symbols", 5_000), ("sessions", 2_520), ("weeks", 104), ("models", 9)];
/// How many of the slowest are shown.
const SHOWN: usize = 5;

/// One query of a dashboard.
#[derive(Debug, Deserialize)]
struct Asked {
    name: String,
    milliseconds: f64,
    rows: u64,
}

/// Fills a warehouse, has dbt make the marts, asks; there is no peer, so it is milliseconds.
pub async fn run(weekahead: &Path, libchdb: &Path, runs: usize) -> anyhow::Result<String> {
    let platform = Platform::empty(weekahead, libchdb)?;
    let http = Http::new(&platform.warehouse_url())?;
    dbt_build(&platform)?;
    for statement in statements() {
        http.execute(&statement).await.with_context(|| statement.chars().take(80).collect::<String>())?;
    }
    dbt_build(&platform)?;
    let mut asked = ask(&platform, runs)?;
    asked.sort_by(|one, other| other.milliseconds.total_cmp(&one.milliseconds));
    let slowest = asked.first().context("the bundle has no charts")?.milliseconds;
    let mut text = format!(
        "opening the dashboards over 5,000 symbols and ten years: {} queries, the slowest\n",
        asked.len()
    );
    for query in asked.iter().take(SHOWN) {
        text.push_str(&format!("{:>8.1} ms  {}, {} rows\n", query.milliseconds, query.name, query.rows));
    }
    text.push_str(&goal("the slowest query", slowest, " ms", Goal::AtMost(300.0)));
    Ok(text)
}

/// The market's statements, of the sizes above.
fn statements() -> Vec<String> {
    let code = MARKET.lines().filter(|line| !line.starts_with("--"));
    let sized = SIZES.iter().fold(code.collect::<Vec<_>>().join("\n"), |text, (name, size)| {
        text.replace(&format!("{{{name}:UInt32}}"), &size.to_string())
    });
    let statements = sized.split(";\n").map(|statement| statement.trim().trim_end_matches(';').to_owned());
    statements.filter(|statement| !statement.is_empty()).collect()
}

fn dbt_build(platform: &Platform) -> anyhow::Result<()> {
    let target = platform.home().join("dbt");
    let mut dbt = Command::new(python()?.with_file_name("dbt"));
    dbt.args([
        "--no-version-check",
        "build",
        "--project-dir",
        "dbt",
        "--profiles-dir",
        "dbt/profiles",
        "--target-path",
    ]);
    dbt.arg(&target)
        .arg("--log-path")
        .arg(&target)
        .env("WEEKAHEAD_WAREHOUSE_PORT", platform.warehouse_port().to_string());
    let output = dbt.output().context("cannot run dbt")?;
    ensure!(output.status.success(), "dbt: {}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}

fn ask(platform: &Platform, runs: usize) -> anyhow::Result<Vec<Asked>> {
    let mut charts = Command::new(python()?);
    charts.args(["bench/dashboards/charts.py", &platform.warehouse_url(), &runs.to_string()]);
    let output = charts.output().context("cannot run bench/dashboards/charts.py")?;
    ensure!(output.status.success(), "charts.py: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout)?.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// The Python environment of `make setup`, which has dbt and its client of ClickHouse.
fn python() -> anyhow::Result<PathBuf> {
    Ok(std::path::absolute(".venv/bin/python")?)
}

//! `weekahead features stats`: what the values of a view looked like at its last build.

use anyhow::ensure;
use clap::Args;
use weekahead_features::View;
use weekahead_market::AsOf;
use weekahead_warehouse::FeatureStats;

use crate::progress::thousands;
use crate::settings::Settings;
use crate::{pipeline, platform, tables};

/// From here on values have drifted, by the usual reading of the index.
const SOME_DRIFT: f64 = 0.1;
const MUCH_DRIFT: f64 = 0.25;

/// Show what the values of a view looked like at its last build, those that have drifted most first
#[derive(Debug, Args)]
pub struct Stats {
    /// The view: a built-in name or a TOML file [default: `training.view`]
    #[arg(value_name = "NAME|FILE")]
    view: Option<String>,
}

impl Stats {
    /// Runs it.
    pub async fn run(self, settings: &Settings, as_of: Option<AsOf>) -> anyhow::Result<()> {
        let view = pipeline::view_or_training(self.view.as_deref(), settings)?;
        let warehouse = platform::warehouse(settings).await?;
        let (as_of, _) = pipeline::stand(&*pipeline::clock(as_of));
        let stats = warehouse.feature_stats(as_of, view.name(), view.version()).await?;
        ensure!(
            !stats.is_empty(),
            "there are no statistics of {} at {as_of}: run `weekahead features build --view {0}` first",
            view.name()
        );
        println!("{}", report(&view, stats));
        Ok(())
    }
}

fn report(view: &View, mut stats: Vec<FeatureStats>) -> String {
    // Features without an index come last.
    stats.sort_by(|a, b| b.psi.max(f64::NEG_INFINITY).total_cmp(&a.psi.max(f64::NEG_INFINITY)));
    let mut table = tables::table(&[
        "feature",
        "missing",
        "mean",
        "std",
        "5%",
        "median",
        "95%",
        "mean before",
        "PSI",
        "",
    ]);
    for row in &stats {
        table.add_row(cells(row));
    }
    tables::right_align(&mut table, 1);
    if let Some(verdict) = table.column_mut(9) {
        verdict.set_cell_alignment(comfy_table::CellAlignment::Left);
    }
    let FeatureStats { as_of, recent, training, .. } = &stats[0];
    let rows = |count: fn(&FeatureStats) -> u64| thousands(stats.iter().map(count).max().unwrap_or(0));
    format!(
        "{} as of {as_of}: {} rows of {} to {}, beside {} of {} to {}\n{table}",
        view.name(),
        rows(|row| row.recent_rows),
        recent.0,
        recent.1,
        rows(|row| row.training_rows),
        training.0,
        training.1
    )
}

fn cells(row: &FeatureStats) -> Vec<String> {
    let [_, q05, _, q50, _, q95, _] = row.quantiles;
    let verdict = match row.psi {
        psi if psi >= MUCH_DRIFT => "drifted",
        psi if psi >= SOME_DRIFT => "drifting",
        _ => "",
    };
    let psi = if row.psi.is_nan() { "-".to_owned() } else { format!("{:.3}", row.psi) };
    vec![
        row.feature.clone(),
        format!("{:.1}%", row.null_rate * 100.0),
        short(row.mean),
        short(row.std),
        short(q05),
        short(q50),
        short(q95),
        short(row.training_mean),
        psi,
        verdict.to_owned(),
    ]
}

/// Four digits that count, whatever the size.
fn short(value: f64) -> String {
    match value.abs() {
        _ if value.is_nan() => "-".to_owned(),
        0.0 => "0".to_owned(),
        size if !(1e-4..1e6).contains(&size) => format!("{value:.3e}"),
        size => format!("{value:.*}", (3 - size.log10().floor() as i32).clamp(0, 7) as usize),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_digits_that_count() {
        let shown = [0.0, 0.012_345_6, -1.5, 12_345.6, 3.2e9, 4e-7, f64::NAN].map(short);
        assert_eq!(shown, ["0", "0.01235", "-1.500", "12346", "3.200e9", "4.000e-7", "-"]);
    }
}

//! `weekahead features check`: is a view file right, and what do its features cost?

use std::time::Instant;

use weekahead_features::{View, compute};
use weekahead_market::{Bar, BarSeries, CorporateAction, Session, Symbol};

use crate::{pipeline, tables};

/// Check views and print the look-back and the cost of each feature.
#[derive(Debug, clap::Args)]
pub struct Check {
    /// View files, or names of built-in views
    #[arg(required = true, value_name = "VIEW")]
    views: Vec<String>,
}

impl Check {
    /// Runs it.
    pub fn run(self) -> anyhow::Result<()> {
        for name in &self.views {
            print(&pipeline::find_view(name)?)?;
        }
        Ok(())
    }
}

fn print(view: &View) -> anyhow::Result<()> {
    let mut table = tables::table(&["feature", "look-back", "kernels", "its own", "expression"]);
    for (feature, cost) in view.definitions().iter().zip(view.costs()) {
        table.add_row([
            feature.name.clone(),
            cost.look_back.to_string(),
            cost.steps.to_string(),
            cost.own_steps.to_string(),
            feature.expr.to_string(),
        ]);
    }
    for column in 1..4 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(comfy_table::CellAlignment::Right);
        }
    }
    println!("{table}");
    println!(
        "view {} {}: {} features, look-back {} sessions, {:.0} ns a session and symbol on one core",
        view.name(),
        view.version(),
        view.features().len(),
        view.look_back(),
        nanoseconds(view)?
    );
    Ok(())
}

/// What a session takes here, measured over ten years of made-up bars.
fn nanoseconds(view: &View) -> anyhow::Result<f64> {
    const SESSIONS: i32 = 2_520;
    let symbol = Symbol::new("CHECK")?;
    let mut series = BarSeries::new();
    for day in 0..SESSIONS {
        let close = 100.0 + 10.0 * (f64::from(day) * 0.7).sin() + f64::from(day % 17);
        let (open, high, low) = (close - 0.5, close + 1.0, close - 1.0);
        let bar = Bar { open, high, low, close, volume: 1e6 + f64::from(day * 7_919 % 100_000) };
        if let Some(session) = Session::from_days_since_epoch(day) {
            series.push(&symbol, session, bar, CorporateAction::NONE, 0)?;
        }
    }
    compute(view, &series);
    let started = Instant::now();
    compute(view, &series);
    Ok(started.elapsed().as_secs_f64() * 1e9 / f64::from(SESSIONS))
}

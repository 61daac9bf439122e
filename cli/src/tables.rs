//! Results as aligned tables.

use std::collections::BTreeMap;

use comfy_table::{CellAlignment, Table, TableComponent, presets};
use weekahead_serving::{Forecasts, ServedIntervals};
use weekahead_simulation::fingerprint::Fingerprint;
use weekahead_training::{ExperimentPlan, Outline, TrainingReport};
use weekahead_warehouse::{ForecastRow, Outcome};

use crate::progress::thousands;

/// The models of a training session, best first, and who is champion and why.
pub fn leaderboard(report: &TrainingReport) -> String {
    let mut table = table(&["model", "MAE", "RMSE", "MASE", "hit rate", "rank IC", "80% coverage"]);
    for row in &report.leaderboard {
        let metrics = &row.metrics;
        table.add_row([
            row.model.clone(),
            bps(metrics.mae),
            bps(metrics.rmse),
            metrics.mase.map_or_else(missing, |value| format!("{value:.4}")),
            metrics.directional_accuracy.map_or_else(missing, percent),
            metrics.rank_ic.map_or_else(missing, |value| format!("{value:+.3}")),
            metrics.coverage_80.map_or_else(missing, percent),
        ]);
    }
    right_align(&mut table, 1);
    let (first, last) = report.tested;
    let champion = match &report.champion {
        Some((version, model)) => format!("champion: version {version}, {model}"),
        None => "there is no champion".to_owned(),
    };
    let all = report.leaderboard.iter().map(|row| row.origins).max().unwrap_or(0);
    let partly = report.leaderboard.iter().filter(|row| row.origins < all);
    let partly =
        partly.map(|row| format!("{}: figures of {} of these {all} origins alone\n", row.model, row.origins));
    let excluded = report.excluded.iter();
    let excluded = excluded.map(|out| format!("{} excluded: {}\n", out.model, out.reason));
    format!(
        "Backtest over weekly origins {first} to {last} (errors in basis points of the week's log return)\n\
         {table}\n{}{}{}{champion}\nwhy: {}\n",
        partly.collect::<String>(),
        excluded.collect::<String>(),
        never_champion(report),
        report.reason.replace("; ", ";\n     ")
    )
}

/// Who could not win, however good.
fn never_champion(report: &TrainingReport) -> String {
    let without = report.leaderboard.iter().filter(|row| !row.promotable);
    let names: Vec<&str> = without.map(|row| row.model.as_str()).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!("compared only, since no artifact can hold them: {}\n", names.join(", ")),
    }
}

/// What each table of a platform holds.
pub fn fingerprint(fingerprint: &Fingerprint) -> String {
    let mut table = table(&["table", "rows", "hash"]);
    for (name, held) in &fingerprint.tables {
        table.add_row([name.clone(), thousands(held.rows), format!("{:016x}", held.hash)]);
    }
    right_align(&mut table, 1);
    table.to_string()
}

/// What a training session would do.
pub fn training_plan(plan: &ExperimentPlan, outline: &Outline) -> String {
    let mut folds = table(&[
        "fold",
        "fitted on origins",
        "rows",
        "calibrated on",
        "left out",
        "tested on origins",
        "rows",
    ]);
    for (index, fold) in outline.folds.iter().enumerate() {
        folds.add_row([
            index.to_string(),
            format!("{} to {}", fold.fit.0, fold.fit.1),
            thousands(fold.fit_rows as u64),
            thousands(fold.calibration_rows as u64),
            thousands(fold.purged_rows as u64),
            format!("{} to {}", fold.test.0, fold.test.1),
            thousands(fold.test_rows as u64),
        ]);
    }
    right_align(&mut folds, 2);
    let models: Vec<String> = plan.models.iter().map(ToString::to_string).collect();
    format!(
        "View {} {}: {} features, {} rows with realised targets, {} sessions ahead\nModels: {}\n{folds}\n\
         memory: about {} MB; each model is fitted {} times\n",
        plan.view.name(),
        plan.view.version(),
        outline.features,
        thousands(outline.rows as u64),
        plan.settings.horizon,
        models.join(", "),
        outline.memory_bytes.div_ceil(1_000_000),
        outline.folds.len() + 1
    )
}

/// Forecasts with their intervals.
pub fn forecasts(forecasts: &Forecasts) -> String {
    format!("{}\n{}", forecast_table(&forecasts.rows, &[]), coverage_so_far(&forecasts.intervals))
}

/// What intervals have held so far, in one line.
fn coverage_so_far(intervals: &ServedIntervals) -> String {
    let shares = intervals.coverage().into_iter().filter_map(|coverage| {
        Some(format!("{} of the {:.0}% intervals", percent(coverage.share?), coverage.nominal * 100.0))
    });
    let shares: Vec<String> = shares.collect();
    match intervals.outcomes() {
        0 => format!("coverage so far: no outcomes yet ({} intervals)", intervals.method()),
        outcomes => {
            let shares = shares.join(", ");
            format!("coverage so far: {shares} held {outcomes} outcomes ({})", intervals.method())
        }
    }
}

/// Forecasts beside what happened.
pub fn forecast_table(rows: &[ForecastRow], outcomes: &[Outcome]) -> String {
    let happened: BTreeMap<_, _> = outcomes.iter().map(|outcome| (outcome.forecast_id, outcome)).collect();
    let mut header = vec!["symbol", "origin", "close", "forecast", "80% interval"];
    if !outcomes.is_empty() {
        header.extend(["happened", "", "by"]);
    }
    let mut table = table(&header);
    for row in rows {
        let mut cells = forecast_cells(row);
        if let Some(outcome) = happened.get(&row.id()) {
            cells.extend(outcome_cells(row, outcome));
        }
        table.add_row(cells);
    }
    right_align(&mut table, 2);
    table.to_string()
}

fn forecast_cells(row: &ForecastRow) -> Vec<String> {
    let forecast = &row.forecast;
    let price = |level: f64| {
        let quantile = forecast.quantiles.iter().find(|(q, _)| (q.level() - level).abs() < 1e-9);
        quantile.map(|(_, value)| forecast.price_of(*value))
    };
    let interval = price(0.1).zip(price(0.9));
    vec![
        forecast.key.symbol.to_string(),
        forecast.key.origin.to_string(),
        format!("{:.2}", forecast.origin_close),
        format!("{:.2} ({:+.2}%)", forecast.price_of(forecast.point), forecast.point * 100.0),
        interval.map_or_else(missing, |(low, high)| format!("{low:.2} .. {high:.2}")),
    ]
}

fn outcome_cells(row: &ForecastRow, outcome: &Outcome) -> [String; 3] {
    let verdict = match outcome.in_interval_80 {
        Some(true) => "inside",
        Some(false) => "outside",
        None => "",
    };
    let price = row.forecast.price_of(outcome.realised);
    [
        format!("{price:.2} ({:+.2}%)", outcome.realised * 100.0),
        verdict.to_owned(),
        outcome.target_session.to_string(),
    ]
}

/// An empty table with a header.
pub fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(header);
    // A line under the header is enough.
    table.set_style(TableComponent::HeaderLines, '\u{2500}');
    table.set_style(TableComponent::MiddleHeaderIntersections, '\u{2500}');
    table
}

/// Numbers line up on the right from a column on.
pub fn right_align(table: &mut Table, from: usize) {
    for column in table.column_iter_mut().skip(from) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}

/// Names with their values, without a header.
pub fn facts(rows: Vec<[String; 2]>) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).add_rows(rows);
    table
}

/// A measured number: whole ones as they are, others with six decimals.
pub fn figure(value: f64) -> String {
    match value {
        value if value.is_nan() => missing(),
        value if value.fract() == 0.0 && value.abs() < 1e9 => format!("{value}"),
        value => format!("{value:.6}"),
    }
}

/// What stands where there is nothing.
pub fn or_missing<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(missing, |value| value.to_string())
}

/// A log return in basis points.
pub fn bps(log_return: f64) -> String {
    format!("{:.1}", log_return * 1e4)
}

fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

fn missing() -> String {
    "-".to_owned()
}

//! `weekahead features compare`: the stored features beside the same ones computed by the warehouse's SQL.

use std::process::ExitCode;

use anyhow::ensure;
use clap::Args;
use weekahead_features::View;
use weekahead_market::{AsOf, Symbol};
use weekahead_materialize::{CompareReport, Difference, FeatureComparison, compare_view};

use crate::progress::{Step, thousands};
use crate::settings::Settings;
use crate::{pipeline, platform, tables};

/// Recompute a view in the warehouse by SQL and compare it with what is stored
#[derive(Debug, Args)]
pub struct Compare {
    /// A built-in view, or a view file; the configured view by default
    view: Option<String>,
    /// Compare these symbols alone, separated by commas
    #[arg(long, value_delimiter = ',')]
    symbols: Vec<Symbol>,
    /// The relative difference that is tolerated
    #[arg(long, default_value_t = 1e-6)]
    rtol: f64,
}

impl Compare {
    /// Runs it. Exit code 1: they differ.
    pub async fn run(self, settings: Settings, as_of: Option<AsOf>) -> anyhow::Result<ExitCode> {
        ensure!(self.rtol > 0.0 && self.rtol < 1.0, "--rtol {} is no share: use one such as 1e-6", self.rtol);
        let view = pipeline::view_or_training(self.view.as_deref(), &settings)?;
        let step = Step::start("compare", "recomputing features in the warehouse");
        let warehouse = platform::warehouse(&settings).await?;
        let (as_of, _) = pipeline::stand(&*pipeline::clock(as_of));
        let universe = &settings.universe.symbols;
        let only = (!self.symbols.is_empty()).then_some(self.symbols.as_slice());
        let tell = |done: usize, whole: usize| step.position(done as u64, whole as u64);
        let report = compare_view(&warehouse, &view, universe, only, as_of, self.rtol, tell).await?;
        step.done(&format!("{} rows of {} symbols", thousands(report.rows), report.symbols));
        println!("{}\n{}", table(&report), summary(&view, &report, self.rtol));
        Ok(if report.is_equal() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn table(report: &CompareReport) -> String {
    let header = ["feature", "rows", "relative", "at", "absolute", "at", "one side only", "at", ""];
    let mut table = tables::table(&header);
    for feature in &report.features {
        table.add_row(cells(feature));
    }
    for column in [1, 2, 4, 6] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(comfy_table::CellAlignment::Right);
        }
    }
    table.to_string()
}

fn cells(feature: &FeatureComparison) -> Vec<String> {
    let [relative, absolute] = [&feature.relative, &feature.absolute].map(difference);
    let one_sided = feature.only_stored + feature.only_recomputed;
    let verdict = if feature.is_beyond_tolerance() { "differs" } else { "" };
    let place = feature.one_sided.as_ref().map(ToString::to_string).unwrap_or_default();
    vec![
        feature.name.clone(),
        thousands(feature.rows),
        relative.0,
        relative.1,
        absolute.0,
        absolute.1,
        thousands(one_sided),
        place,
        verdict.to_owned(),
    ]
}

fn difference(difference: &Option<Difference>) -> (String, String) {
    let Some(Difference { value, place }) = difference else { return ("0".to_owned(), String::new()) };
    (format!("{value:.1e}"), place.to_string())
}

fn summary(view: &View, report: &CompareReport, rtol: f64) -> String {
    let beyond = report.features.iter().filter(|feature| feature.is_beyond_tolerance()).count();
    let mut faults = Vec::new();
    let mut tell = |count: u64, what: &str| {
        if count > 0 {
            faults.push(format!("{} {what}", thousands(count)));
        }
    };
    tell(beyond as u64, "features differ");
    tell(report.only_recomputed, "rows are not stored: run `weekahead features build`");
    tell(report.only_stored, "stored rows do not follow from the bars");
    tell(report.other_knowledge_time, "rows have another knowledge time than their bars");
    let whole = report.features.len();
    let rows = thousands(report.rows);
    match (faults.is_empty(), report.rows) {
        (true, 0) => format!("{}: there is nothing to compare: no bars are known", view.name()),
        (true, _) => format!("{}: {whole} features over {rows} rows agree within {rtol:e}", view.name()),
        (false, _) => format!("{}: {whole} features over {rows} rows: {}", view.name(), faults.join("; ")),
    }
}

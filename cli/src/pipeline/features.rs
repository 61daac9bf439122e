//! The step from bars to feature views.

use std::time::Instant;

use anyhow::{bail, ensure};
use weekahead_features::View;
use weekahead_market::{Clock, Session, Symbol};
use weekahead_materialize::{Build, BuildProgress, BuildReport};
use weekahead_warehouse::Warehouse;

use super::stand;
use super::views::{default_views, find_view};
use crate::platform;
use crate::progress::{Step, thousands};
use crate::settings::Settings;

/// What is to be built, of whom, and from when on.
#[derive(Debug)]
pub struct FeatureScope {
    views: Vec<View>,
    symbols: Vec<Symbol>,
    since: Option<Session>,
}

impl FeatureScope {
    /// All that the settings ask for.
    pub fn of(settings: &Settings) -> anyhow::Result<Self> {
        Self::new(settings, &[], Vec::new(), None)
    }

    /// Some views (the settings' when none is named) of some symbols (the universe when none is named).
    pub fn new(
        settings: &Settings,
        views: &[String],
        symbols: Vec<Symbol>,
        since: Option<Session>,
    ) -> anyhow::Result<Self> {
        let views: Vec<View> = match views {
            [] => default_views(settings)?,
            names => names.iter().map(|name| find_view(name)).collect::<anyhow::Result<_>>()?,
        };
        for (index, view) in views.iter().enumerate() {
            let twice = views[..index].iter().any(|other| other.name() == view.name());
            ensure!(!twice, "two views are called `{}`: rename one, they would share a table", view.name());
        }
        let ranked = views.iter().find(|view| view.is_cross_sectional());
        if let (false, Some(view)) = (symbols.is_empty(), ranked) {
            bail!(
                "view `{}` has functions over all symbols (CsRank, CsZscore): build it without --symbols",
                view.name()
            );
        }
        let symbols = if symbols.is_empty() { settings.universe.symbols.clone() } else { symbols };
        Ok(Self { views, symbols, since })
    }
}

/// Brings the feature views up to what is known.
pub async fn build_features(
    settings: &Settings,
    scope: &FeatureScope,
    clock: &dyn Clock,
) -> anyhow::Result<Vec<BuildReport>> {
    let warehouse = platform::warehouse(settings).await?;
    let mut reports = Vec::new();
    for view in &scope.views {
        reports.push(build_view(&warehouse, view, scope, clock).await?);
    }
    Ok(reports)
}

async fn build_view(
    warehouse: &Warehouse,
    view: &View,
    scope: &FeatureScope,
    clock: &dyn Clock,
) -> anyhow::Result<BuildReport> {
    let step = Step::start("features", &format!("computing feature views: {}", view.name()));
    let (as_of, written_at) = stand(clock);
    let started = Instant::now();
    let tell = |progress: BuildProgress| {
        step.position(progress.symbols as u64, progress.of_symbols as u64);
        let rate = progress.written as f64 / started.elapsed().as_secs_f64().max(1e-3);
        let written = thousands(progress.written as u64);
        step.message(&format!("symbols, {written} rows, {} rows/s", thousands(rate as u64)));
    };
    let build = Build::new(view, &scope.symbols, as_of, written_at).since(scope.since);
    let report = build.run(warehouse, tell).await?;
    step.done(&format!(
        "{}: {} features of {} symbols, {} rows, {} of them new",
        view.name(),
        view.features().len(),
        report.symbols,
        thousands(report.rows as u64),
        thousands(report.written as u64)
    ));
    Ok(report)
}

//! The step from bars to feature views.

use weekahead_features::View;
use weekahead_market::{Clock, Session, Symbol};
use weekahead_materialize::{Build, BuildProgress, BuildReport};

use super::stand;
use crate::progress::{Step, thousands};
use crate::settings::Settings;
use crate::{platform, views};

/// The view that models are trained on.
pub fn view(settings: &Settings) -> anyhow::Result<View> {
    views::resolve(&settings.training.view)
}

/// Brings the views of the settings up to what is known.
pub async fn build_features(settings: &Settings, clock: &dyn Clock) -> anyhow::Result<()> {
    for view in views::of_settings(settings)? {
        build_view(settings, clock, &view, &settings.universe.symbols, None).await?;
    }
    Ok(())
}

/// Brings one view of some symbols up to what is known.
pub async fn build_view(
    settings: &Settings,
    clock: &dyn Clock,
    view: &View,
    symbols: &[Symbol],
    since: Option<Session>,
) -> anyhow::Result<BuildReport> {
    let step = Step::start("features", &format!("computing view {}", view.name()));
    let warehouse = platform::warehouse(settings).await?;
    let (as_of, written_at) = stand(clock);
    let tell = |progress: BuildProgress| {
        step.position(progress.symbols as u64, progress.of_symbols as u64);
        step.message(&format!("symbols, {} rows written", thousands(progress.written as u64)));
    };
    let build = Build::new(view, symbols, as_of, written_at).since(since);
    let report = build.run(&warehouse, tell).await?;
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

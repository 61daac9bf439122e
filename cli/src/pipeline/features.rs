//! The step from bars to feature views.

use weekahead_features::View;
use weekahead_market::Clock;
use weekahead_materialize::{BuildReport, build_view};

use super::stand;
use crate::platform;
use crate::progress::{Step, thousands};
use crate::settings::Settings;

/// The view that the settings name.
pub fn view(settings: &Settings) -> anyhow::Result<View> {
    Ok(View::builtin(&settings.training.view)?)
}

/// Brings the feature view up to what is known.
pub async fn build_features(settings: &Settings, clock: &dyn Clock) -> anyhow::Result<BuildReport> {
    let step = Step::start("features", "computing feature views");
    let warehouse = platform::warehouse(settings).await?;
    let (as_of, written_at) = stand(clock);
    let view = view(settings)?;
    let symbols = &settings.universe.symbols;
    let tell = |done: usize, whole: usize| step.position(done as u64, whole as u64);
    let report = build_view(&warehouse, &view, symbols, as_of, written_at, tell).await?;
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

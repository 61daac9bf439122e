//! The step from the provider to a committed load.

use std::num::NonZeroU32;

use weekahead_ingest::{IngestReport, IngestRequest, Yahoo, YahooConfig};
use weekahead_market::Clock;

use crate::platform;
use crate::progress::{self, Step, thousands};
use crate::settings::Settings;

/// Pulls what the lake lacks into one load.
pub async fn ingest(settings: &Settings, clock: &dyn Clock) -> anyhow::Result<IngestReport> {
    let step = Step::start("ingest", "asking the provider for quotes");
    let lake = platform::lake(settings).await?;
    let yahoo = Yahoo::new(YahooConfig {
        base_url: settings.provider.url.clone(),
        requests_per_second: NonZeroU32::new(settings.provider.requests_per_second),
        max_concurrency: settings.provider.concurrency,
        first_delay_ms: settings.provider.first_delay_ms,
        ..YahooConfig::default()
    })?;
    let mut request = IngestRequest::new(settings.universe.symbols.clone(), settings.universe.since);
    request.lag_window_sessions = settings.provider.lag_window_sessions;
    let tell = |progress: weekahead_ingest::Progress<'_>| {
        step.position(progress.done as u64, progress.total as u64);
    };
    let report = weekahead_ingest::ingest(&lake, &yahoo, clock, &request, &tell).await?;
    let said = say(&report);
    step.done(&said);
    for outcome in report.failed() {
        progress::say(&format!(
            "  {} failed: {}; the next run tries it again",
            outcome.symbol, outcome.reason
        ));
    }
    Ok(report)
}

fn say(report: &IngestReport) -> String {
    match &report.record {
        None => format!("nothing new: {} symbols are up to date", report.up_to_date.len()),
        Some(record) => format!(
            "load {}: {} rows of {} symbols, {} rejected",
            record.load_id,
            thousands(record.rows_accepted),
            record.symbols.len(),
            thousands(record.rows_rejected)
        ),
    }
}

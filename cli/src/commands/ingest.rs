//! `weekahead ingest`: new quotes into the lake.

use std::process::ExitCode;

use anyhow::bail;
use weekahead_market::AsOf;

use crate::failure::PARTIAL;
use crate::pipeline;
use crate::settings::Settings;

/// Pull new quotes from the provider into the lake.
#[derive(Debug, clap::Args)]
pub struct Ingest {}

impl Ingest {
    /// Exit code 3 when some symbols failed, the others are in; 2 when all did.
    pub async fn run(self, settings: Settings, as_of: Option<AsOf>) -> anyhow::Result<ExitCode> {
        if let Some(as_of) = as_of.filter(|_| settings.provider.url.starts_with("https:")) {
            bail!("a live provider answers for today, not for {as_of}: --as-of goes with a replay-provider");
        }
        let report = pipeline::ingest(&settings, &*pipeline::clock(as_of)).await?;
        if let Some(first) = report.failed().next().filter(|_| report.has_failed()) {
            let (count, symbol, reason) = (report.outcomes().len(), &first.symbol, &first.reason);
            bail!(
                "none of {count} symbols could be pulled ({symbol}: {reason}): the next run tries all of them again"
            );
        }
        Ok(if report.is_partial() { ExitCode::from(PARTIAL) } else { ExitCode::SUCCESS })
    }
}

//! `weekahead lake`: serve the embedded endpoint, look at loads, remove leftovers.

use std::process::ExitCode;

use clap::Subcommand;
use jiff::SignedDuration;
use weekahead_lake::embedded::{self, EmbeddedConfig};
use weekahead_market::SystemClock;

use crate::platform;
use crate::progress::thousands;
use crate::services;
use crate::settings::Settings;
use crate::supervisor::stop_requested;
use crate::tables;

/// The S3 lake.
#[derive(Debug, Subcommand)]
pub enum Lake {
    /// Serve the S3 protocol over a directory, on loopback, until Ctrl-C
    Serve,
    /// List the committed loads
    Loads,
    /// Remove what crashed loads left behind
    Gc {
        /// Leave alone what is younger than this many hours: a load may be under way
        #[arg(long, default_value_t = 24)]
        older_than_hours: u32,
        /// Only say what would be removed
        #[arg(long)]
        dry_run: bool,
    },
}

impl Lake {
    /// Runs it.
    pub async fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        match self {
            Self::Serve => serve(&settings).await?,
            Self::Loads => loads(&settings).await?,
            Self::Gc { older_than_hours, dry_run } => gc(&settings, older_than_hours, dry_run).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn serve(settings: &Settings) -> anyhow::Result<()> {
    let handle = embedded::serve(EmbeddedConfig {
        root: settings.home.join("lake"),
        addr: services::addr(&settings.lake.endpoint)?,
        access_key_id: settings.lake.access_key_id.clone(),
        secret_access_key: settings.lake.secret_access_key.expose().to_owned(),
    })
    .await?;
    eprintln!("lake listens on http://{}", handle.local_addr());
    stop_requested().await;
    handle.shutdown().await;
    Ok(())
}

async fn loads(settings: &Settings) -> anyhow::Result<()> {
    let loads = platform::lake(settings).await?.loads().await?;
    let mut table = tables::table(&["load", "source", "ingested at", "symbols", "rows", "rejected"]);
    for load in &loads {
        table.add_row([
            load.load_id.to_string(),
            load.source.clone(),
            load.ingested_at.to_string(),
            load.symbols.len().to_string(),
            thousands(load.rows_accepted),
            thousands(load.rows_rejected),
        ]);
    }
    tables::right_align(&mut table, 3);
    println!("{table}");
    Ok(())
}

async fn gc(settings: &Settings, older_than_hours: u32, dry_run: bool) -> anyhow::Result<()> {
    let grace = SignedDuration::from_hours(older_than_hours.into());
    let report = platform::lake(settings).await?.collect_garbage(grace, &SystemClock, dry_run).await?;
    let verb = if dry_run { "would remove" } else { "removed" };
    println!("{verb} {} objects, {} bytes", report.objects.len(), thousands(report.size_bytes));
    Ok(())
}

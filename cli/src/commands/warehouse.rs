//! `weekahead warehouse`: serve the embedded engine, move its schema.

use std::process::ExitCode;

use clap::Subcommand;
use weekahead_engine::EngineConfig;

use crate::platform;
use crate::services;
use crate::settings::Settings;
use crate::supervisor::stop_requested;

/// The ClickHouse warehouse.
#[derive(Debug, Subcommand)]
pub enum Warehouse {
    /// Serve the ClickHouse HTTP interface over the embedded engine until Ctrl-C
    Serve,
    /// Bring the schema to its newest version
    Migrate,
    /// Take the schema back to an earlier version
    Rollback {
        /// The last migration to keep; 0 takes everything back
        #[arg(long)]
        to: u32,
    },
    /// List migrations and whether they are applied
    Status,
}

impl Warehouse {
    /// Runs it.
    pub async fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        match self {
            Self::Serve => serve(&settings).await?,
            Self::Migrate => {
                let applied = platform::migrate(&settings).await?;
                println!("{applied} migrations applied");
            }
            Self::Rollback { to } => platform::warehouse(&settings)?.rollback(to).await?,
            Self::Status => {
                for migration in platform::warehouse(&settings)?.migration_status().await? {
                    println!("{migration}");
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn serve(settings: &Settings) -> anyhow::Result<()> {
    let mut config = EngineConfig::new(
        settings.home.join("warehouse"),
        services::addr(&settings.warehouse.url)?,
        settings.tools.libchdb.clone(),
    );
    config.user = settings.warehouse.user.clone();
    config.password = settings.warehouse.password.non_empty();
    config.allowed_s3_prefixes = vec![platform::lake_url(settings)];
    let handle = weekahead_engine::serve(config).await?;
    eprintln!("warehouse listens on http://{}", handle.local_addr());
    stop_requested().await;
    handle.shutdown().await;
    Ok(())
}

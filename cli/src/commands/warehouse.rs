//! `weekahead warehouse`: serve the embedded engine, move its schema.

use std::process::ExitCode;

use clap::Subcommand;
use comfy_table::Table;
use weekahead_engine::EngineConfig;

use crate::platform;
use crate::services;
use crate::settings::Settings;
use crate::supervisor::stop_requested;
use crate::tables;

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
                println!("{}", named("applied", &applied, "the schema is up to date"));
            }
            Self::Rollback { to } => {
                let taken_back = platform::warehouse(&settings).await?.rollback(to).await?;
                println!("{}", named("took back", &taken_back, "nothing to take back"));
            }
            Self::Status => println!("{}", status(&settings).await?),
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn named(verb: &str, migrations: &[String], none: &str) -> String {
    if migrations.is_empty() { none.to_owned() } else { format!("{verb} {}", migrations.join(", ")) }
}

async fn status(settings: &Settings) -> anyhow::Result<Table> {
    let mut table = tables::table(&["migration", "state"]);
    for migration in platform::warehouse(settings).await?.migration_status().await? {
        let state = match (migration.applied, migration.changed) {
            (true, true) => "applied, but the file has changed since",
            (true, false) => "applied",
            (false, _) => "pending",
        };
        table.add_row([migration.name.as_str(), state]);
    }
    Ok(table)
}

async fn serve(settings: &Settings) -> anyhow::Result<()> {
    let config = EngineConfig {
        data_dir: settings.home.join("warehouse"),
        addr: services::addr(&settings.warehouse.url)?,
        libchdb: settings.tools.libchdb.clone(),
        user: settings.warehouse.user.clone(),
        password: settings.warehouse.password.non_empty(),
        allowed_s3_prefixes: vec![platform::lake_url(settings)],
        ..EngineConfig::default()
    };
    let handle = weekahead_engine::serve(config).await?;
    eprintln!("warehouse listens on http://{}", handle.local_addr());
    stop_requested().await;
    handle.shutdown().await;
    // The engine's own threads may crash a process that returns from main.
    std::process::exit(0)
}

//! The subcommands: one file each.

mod config;
mod dashboards;
mod demo;
mod doctor;
mod explain;
mod features;
mod forecast;
mod ingest;
mod keys;
mod lake;
mod models;
mod replay_provider;
mod schedule;
mod serve;
mod simulate;
mod train;
mod up;
mod warehouse;

use std::process::ExitCode;

use anyhow::bail;
use clap::Subcommand;

use crate::Global;
use crate::settings::Settings;
use crate::supervisor::follow_scheduler;

/// The roles of the platform.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the whole pipeline on real quotes of 2000 to 2013, with the platform in one directory
    Demo(demo::Demo),
    /// Live through years of weeks under a virtual clock, with seeded faults, and hash what is left
    Simulate(simulate::Simulate),
    /// Run the embedded services and the HTTP API until Ctrl-C
    Up(up::Up),
    /// Pull new quotes from the provider into the lake
    Ingest(ingest::Ingest),
    /// Build the marts by dbt, then the feature views
    #[command(subcommand)]
    Features(features::Features),
    /// Backtest the models, record them in MLflow, promote by evidence
    Train(train::Train),
    /// The registered models: list, show and compare versions, import a model, promote one, go back to the one before
    #[command(subcommand)]
    Models(models::Models),
    /// Forecast the week ahead for the whole universe and write it back
    Forecast(forecast::Forecast),
    /// Make a stored forecast again from what was known then, and compare it bit for bit
    Explain(explain::Explain),
    /// Serve the HTTP API
    Serve(serve::Serve),
    /// Make keys of the HTTP API
    #[command(subcommand)]
    Keys(keys::Keys),
    /// The S3 lake: serve it, list its loads, remove leftovers
    #[command(subcommand)]
    Lake(lake::Lake),
    /// The ClickHouse warehouse: serve it, migrate it
    #[command(subcommand)]
    Warehouse(warehouse::Warehouse),
    /// The built-in scheduler: run jobs when they are due, list them, show past runs
    #[command(subcommand)]
    Schedule(schedule::Schedule),
    /// Serve quotes from CSV or Parquet files as the Yahoo chart API does
    ReplayProvider(replay_provider::ReplayProvider),
    /// The Superset dashboards: import them into a Superset that runs
    #[command(subcommand)]
    Dashboards(dashboards::Dashboards),
    /// Check every dependency and endpoint, and say how to mend what is missing
    Doctor(doctor::Doctor),
    /// Show the configuration in force
    #[command(subcommand)]
    Config(config::Config),
}

impl Command {
    fn takes_as_of(&self) -> bool {
        match self {
            Self::Ingest(_) | Self::Features(_) | Self::Train(_) | Self::Forecast(_) => true,
            Self::Models(models) => models.decides(),
            Self::Schedule(schedule) => schedule.takes_as_of(),
            _ => false,
        }
    }
}

/// Runs a subcommand.
pub async fn run(command: Command, global: Global) -> anyhow::Result<ExitCode> {
    if let Some(as_of) = global.as_of.filter(|_| !command.takes_as_of()) {
        bail!(
            "--as-of {as_of} has no meaning for this command: it goes with ingest, features, train, forecast, models promote, \
             models rollback, schedule next and schedule due"
        );
    }
    follow_scheduler();
    let settings = Settings::load(global.config.as_deref(), global.home.as_deref())?;
    match command {
        Command::Demo(demo) => demo.run(settings).await,
        Command::Simulate(simulate) => simulate.run(settings).await,
        Command::Up(up) => up.run(settings).await,
        Command::Ingest(ingest) => ingest.run(settings, global.as_of).await,
        Command::Features(features) => features.run(settings, global.as_of).await,
        Command::Train(train) => train.run(settings, global.as_of).await,
        Command::Models(models) => models.run(&settings, global.as_of).await,
        Command::Forecast(forecast) => forecast.run(settings, global.as_of).await,
        Command::Explain(explain) => explain.run(settings).await,
        Command::Serve(serve) => serve.run(settings).await,
        Command::Keys(keys) => keys.run(),
        Command::Lake(lake) => lake.run(settings).await,
        Command::Warehouse(warehouse) => warehouse.run(settings).await,
        Command::Schedule(schedule) => schedule.run(settings, global.as_of).await,
        Command::ReplayProvider(provider) => provider.run().await,
        Command::Dashboards(dashboards) => dashboards.run(&settings).await,
        Command::Doctor(doctor) => doctor.run(settings).await,
        Command::Config(config) => config.run(&settings),
    }
}

//! `weekahead train`: a leaderboard, and a champion if there is evidence for one.

use std::process::ExitCode;

use weekahead_market::AsOf;

use crate::settings::Settings;
use crate::{pipeline, tables};

/// Backtest the models, record them in MLflow, promote by evidence.
#[derive(Debug, clap::Args)]
pub struct Train {}

impl Train {
    /// Trains and prints the leaderboard.
    pub async fn run(self, settings: Settings, as_of: Option<AsOf>) -> anyhow::Result<ExitCode> {
        let report = pipeline::train(&settings, &*pipeline::clock(as_of)).await?;
        println!("{}", tables::leaderboard(&report));
        Ok(ExitCode::SUCCESS)
    }
}

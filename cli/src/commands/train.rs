//! `weekahead train`: a leaderboard, and a champion if there is evidence for one.

use std::path::PathBuf;
use std::process::ExitCode;

use weekahead_market::AsOf;

use crate::settings::{Experiment, Settings};
use crate::{pipeline, tables};

/// Backtest the models, record them in MLflow, promote by evidence.
#[derive(Debug, clap::Args)]
pub struct Train {
    /// What to do differently from the settings: a TOML file with view, universe, models, folds
    experiment: Option<PathBuf>,
    /// Print the plan (folds, rows, memory) and train nothing
    #[arg(long)]
    dry_run: bool,
}

impl Train {
    /// Trains and prints the leaderboard.
    pub async fn run(self, settings: Settings, as_of: Option<AsOf>) -> anyhow::Result<ExitCode> {
        let experiment = self.experiment.as_deref().map(Experiment::read).transpose()?.unwrap_or_default();
        let clock = pipeline::clock(as_of);
        if self.dry_run {
            let (plan, outline) = pipeline::outline(&settings, &experiment, &*clock).await?;
            println!("{}", tables::training_plan(&plan, &outline));
        } else {
            println!("{}", tables::leaderboard(&pipeline::train(&settings, &experiment, &*clock).await?));
        }
        Ok(ExitCode::SUCCESS)
    }
}

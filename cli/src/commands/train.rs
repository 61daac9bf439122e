//! `weekahead train`: a leaderboard, and a champion if there is evidence for one.

use std::path::PathBuf;
use std::process::ExitCode;

use nix::sys::signal::Signal;
use weekahead_market::{AsOf, Clock};
use weekahead_training::TrainingReport;

use crate::pipeline::{self, Training};
use crate::settings::{Experiment, Settings};
use crate::supervisor::stop_signal;
use crate::tables;

/// Backtest the models, record them in MLflow, promote by evidence.
#[derive(Debug, clap::Args)]
pub struct Train {
    /// What to do differently from the settings: a TOML file with view, universe, models, folds
    experiment: Option<PathBuf>,
    /// Print the plan (folds, rows, memory) and train nothing
    #[arg(long)]
    dry_run: bool,
    /// Record what was trained while MLflow was away, and train nothing new
    #[arg(long, conflicts_with_all = ["experiment", "dry_run"])]
    pending: bool,
}

impl Train {
    /// Trains and prints the leaderboard.
    pub async fn run(self, settings: Settings, as_of: Option<AsOf>) -> anyhow::Result<ExitCode> {
        let experiment = self.experiment.as_deref().map(Experiment::read).transpose()?.unwrap_or_default();
        let experiments = experiment.by_horizon();
        let clock = pipeline::clock(as_of);
        if self.dry_run {
            for experiment in &experiments {
                let (plan, outline) = pipeline::outline(&settings, experiment, &*clock).await?;
                println!("{}", tables::training_plan(&plan, &outline));
            }
            return Ok(ExitCode::SUCCESS);
        }
        let training = Training::open(&settings).await?;
        let reports = tokio::select! {
            reports = reports(self.pending, &training, &settings, &experiments, &*clock) => reports?,
            signal = stop_signal() => {
                training.interrupt(signal.as_str()).await;
                eprintln!("error: stopped by {signal}: what is computed is kept, and the next `weekahead train` goes on");
                return Ok(ExitCode::from(exit_code(signal)));
            }
        };
        for report in &reports {
            println!("{}", tables::leaderboard(report));
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn reports(
    pending: bool,
    training: &Training,
    settings: &Settings,
    experiments: &[Experiment],
    clock: &dyn Clock,
) -> anyhow::Result<Vec<TrainingReport>> {
    if pending {
        return training.send_pending().await;
    }
    let mut reports = Vec::with_capacity(experiments.len());
    for experiment in experiments {
        reports.push(training.train(settings, experiment, clock).await?);
    }
    Ok(reports)
}

/// What a shell expects of a process that a signal has ended.
fn exit_code(signal: Signal) -> u8 {
    const SIGNALLED: u8 = 128;
    SIGNALLED + signal as u8
}

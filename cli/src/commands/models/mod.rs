//! `weekahead models`: the registry from the command line.

mod compare;
mod decision;
mod import;
mod list;
mod promote;
mod rollback;
mod show;

use std::process::ExitCode;

use clap::Subcommand;
use weekahead_market::AsOf;

use crate::settings::Settings;

/// The registered models.
#[derive(Debug, Subcommand)]
pub enum Models {
    /// List the versions, newest first, with the metrics of their runs
    List(list::List),
    /// Show everything about a version: tags, parameters, metrics, data set, artifact, decisions
    Show(show::Show),
    /// Show how two versions differ, and compare them on the out-of-sample forecasts that both made
    Compare(compare::Compare),
    /// Import a model of another tool, an ONNX file, for plans to name
    Import(import::Import),
    /// Make a version champion, by hand
    Promote(promote::Promote),
    /// Go back to the champion before the present one
    Rollback(rollback::Rollback),
}

/// Which registered model.
#[derive(Debug, clap::Args)]
struct Of {
    /// The registered model [default: `training.model`]
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
}

impl Models {
    /// Whether it decides something, at an instant that may be given.
    pub fn decides(&self) -> bool {
        matches!(self, Self::Promote(_) | Self::Rollback(_))
    }

    /// Runs it.
    pub async fn run(self, settings: &Settings, as_of: Option<AsOf>) -> anyhow::Result<ExitCode> {
        match self {
            Self::List(list) => list.run(settings).await?,
            Self::Show(show) => show.run(settings).await?,
            Self::Compare(compare) => compare.run(settings).await?,
            Self::Import(import) => import.run(settings).await?,
            Self::Promote(promote) => promote.run(settings, as_of).await?,
            Self::Rollback(rollback) => rollback.run(settings, as_of).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The first digits of an id, as it is told apart by in a table.
fn short(id: &str) -> String {
    id.chars().take(8).collect()
}

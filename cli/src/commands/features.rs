//! `weekahead features`: marts by dbt, then feature views, and features out of them.

mod build;
mod check;
mod get;

use std::process::ExitCode;

use clap::Subcommand;
use weekahead_features::View;
use weekahead_market::AsOf;

use crate::settings::Settings;
use crate::{tables, views};

/// Feature views.
#[derive(Debug, Subcommand)]
pub enum Features {
    /// Build the marts by dbt, then feature views
    Build(build::Build),
    /// Check views and print the look-back and the cost of each feature
    Check(check::Check),
    /// Join the rows of a file with features as they were known where each row stands
    Get(get::Get),
    /// List the built-in views and those of the settings
    List,
    /// Show the features of a view
    Show {
        /// A built-in view's name, or a view file
        #[arg(default_value = "weekly_core")]
        view: String,
    },
}

impl Features {
    /// Runs it.
    pub async fn run(self, settings: Settings, as_of: Option<AsOf>) -> anyhow::Result<ExitCode> {
        match self {
            Self::Build(build) => build.run(&settings, as_of).await?,
            Self::Check(check) => check.run()?,
            Self::Get(get) => get.run(&settings, as_of).await?,
            Self::List => list(&settings)?,
            Self::Show { view } => show(&views::resolve(&view)?),
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn list(settings: &Settings) -> anyhow::Result<()> {
    let mut table = tables::table(&["view", "features", "look-back", "version"]);
    for view in views::known(settings)? {
        let counts = (view.features().len().to_string(), view.look_back().to_string());
        table.add_row([view.name(), &counts.0, &counts.1, view.version()]);
    }
    println!("{table}");
    Ok(())
}

fn show(view: &View) {
    let mut table = tables::table(&["feature", "expression"]);
    for feature in view.definitions() {
        table.add_row([feature.name.clone(), feature.expr.to_string()]);
    }
    println!("{table}");
}

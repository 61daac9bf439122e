//! `weekahead features`: marts by dbt, then feature views, and features out of them.

mod get;

use std::process::ExitCode;

use clap::Subcommand;
use weekahead_features::View;
use weekahead_market::AsOf;

use crate::settings::Settings;
use crate::{pipeline, tables};

/// Feature views.
#[derive(Debug, Subcommand)]
pub enum Features {
    /// Build the marts by dbt, then the feature view
    Build {
        /// Leave the marts as they are
        #[arg(long)]
        skip_marts: bool,
    },
    /// Join the rows of a file with features as they were known where each row stands
    Get(get::Get),
    /// List the built-in views
    List,
    /// Show the features of a view
    Show {
        /// The view
        #[arg(default_value = "weekly_core")]
        view: String,
    },
}

impl Features {
    /// Runs it.
    pub async fn run(self, settings: Settings, as_of: Option<AsOf>) -> anyhow::Result<ExitCode> {
        match self {
            Self::Build { skip_marts } => {
                if !skip_marts {
                    pipeline::build_marts(&settings, None).await?;
                }
                pipeline::build_features(&settings, &*pipeline::clock(as_of)).await?;
            }
            Self::Get(get) => get.run(&settings, as_of).await?,
            Self::List => list()?,
            Self::Show { view } => show(&View::builtin(&view)?),
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn list() -> anyhow::Result<()> {
    let mut table = tables::table(&["view", "features", "look-back", "version"]);
    for name in View::builtins() {
        let view = View::builtin(name)?;
        let counts = (view.features().len().to_string(), view.look_back().to_string());
        table.add_row([name, &counts.0, &counts.1, view.version()]);
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

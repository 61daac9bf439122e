//! `weekahead features`: marts by dbt, then feature views, and features out of them.

mod build;
mod check;
mod compare;
mod get;
mod sql;
mod stats;

use std::process::ExitCode;

use clap::Subcommand;
use weekahead_features::View;
use weekahead_market::AsOf;

use crate::settings::Settings;
use crate::{pipeline, tables};

/// Feature views.
#[derive(Debug, Subcommand)]
pub enum Features {
    /// Build the marts by dbt, then feature views
    Build(build::Build),
    /// Check views and print the look-back and the cost of each feature
    Check(check::Check),
    /// Recompute a view in the warehouse by SQL and compare it with what is stored
    Compare(compare::Compare),
    /// Join the rows of a file with features as they were known where each row stands
    Get(get::Get),
    /// List the built-in views and those of the settings
    List,
    /// Print a view as a dbt model, or as ClickHouse SQL over a relation
    Sql(sql::Sql),
    /// Show what the values of a view looked like at its last build, those that have drifted most first
    Stats(stats::Stats),
    /// Show the features of a view
    Show {
        /// The view: a built-in name or a TOML file
        #[arg(default_value = "weekly_core", value_name = "NAME|FILE")]
        view: String,
    },
}

impl Features {
    /// Runs it.
    pub async fn run(self, settings: Settings, as_of: Option<AsOf>) -> anyhow::Result<ExitCode> {
        match self {
            Self::Build(build) => build.run(&settings, as_of).await?,
            Self::Check(check) => check.run()?,
            Self::Compare(compare) => return compare.run(settings, as_of).await,
            Self::Sql(sql) => return sql.run(),
            Self::Stats(stats) => stats.run(&settings, as_of).await?,
            Self::Get(get) => get.run(&settings, as_of).await?,
            Self::List => list(&settings)?,
            Self::Show { view } => show(&pipeline::find_view(&view)?),
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn list(settings: &Settings) -> anyhow::Result<()> {
    let mut table = tables::table(&["view", "features", "look-back", "version"]);
    for view in pipeline::known_views(settings)? {
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

//! `weekahead features sql`: a view as ClickHouse SQL.

use std::process::ExitCode;

use clap::Args;
use weekahead_features::sql;

use crate::pipeline;

/// Print a view as a dbt model, or as ClickHouse SQL over a relation
#[derive(Debug, Args)]
pub struct Sql {
    /// A built-in view, or a view file
    #[arg(default_value = "weekly_core")]
    view: String,
    /// Print a SELECT from this relation of bars, such as marts.bars_latest, instead of a dbt model
    #[arg(long, value_name = "RELATION")]
    bars: Option<String>,
}

impl Sql {
    /// Runs it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let view = pipeline::find_view(&self.view)?;
        match self.bars {
            Some(bars) => println!("{}", sql::select(&view, &bars)),
            None => print!("{}", sql::dbt_model(&view)),
        }
        Ok(ExitCode::SUCCESS)
    }
}

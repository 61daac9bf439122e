//! `weekahead features get`: entity rows in, the same rows with features out.

use std::path::PathBuf;

use anyhow::bail;
use weekahead_market::AsOf;
use weekahead_materialize::{Retrieval, Selection, retrieve};

use crate::pipeline::known_views;
use crate::platform;
use crate::progress::{Step, thousands};
use crate::settings::Settings;

/// Join the rows of a file with features as they were known where each row stands.
#[derive(Debug, clap::Args)]
pub struct Get {
    /// The rows: Parquet or CSV with the columns `symbol` and `as_of`, an instant with a time zone, or a date, which
    /// stands for the end of that day in UTC; other columns are carried through
    #[arg(long, value_name = "FILE")]
    entities: PathBuf,
    /// The features, such as alpha158:MA20,KMID,weekly_core:ret_5; `view:*` for all of a view
    #[arg(long, value_name = "LIST")]
    features: String,
    /// Where the answer goes: a .parquet or .csv file
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

impl Get {
    /// Runs it.
    pub async fn run(self, settings: &Settings, as_of: Option<AsOf>) -> anyhow::Result<()> {
        if as_of.is_some() {
            bail!(
                "--as-of has no meaning here: each row of the file says in its column `as_of` where it stands"
            );
        }
        let views = known_views(settings)?;
        let selection = Selection::parse(&self.features, &views)?;
        let step = Step::start("features", "joining features point in time");
        let warehouse = platform::warehouse(settings).await?;
        let retrieval = retrieve(&warehouse, &selection, &self.entities, &self.output).await?;
        let counts = (thousands(retrieval.rows as u64), retrieval.features);
        step.done(&format!("{} rows with {} features in {}", counts.0, counts.1, self.output.display()));
        warn(&retrieval);
        Ok(())
    }
}

fn warn(retrieval: &Retrieval) {
    for unmatched in &retrieval.unmatched {
        eprintln!(
            "warning: {} of {} rows have no features of {}: their symbol is unknown, or nothing of it was known yet; \
             `weekahead features build` computes what is missing",
            thousands(unmatched.rows as u64),
            thousands(retrieval.rows as u64),
            unmatched.view
        );
    }
}

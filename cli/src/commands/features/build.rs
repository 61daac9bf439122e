//! `weekahead features build`: marts by dbt, then feature views.

use weekahead_market::{AsOf, Session, Symbol};

use crate::pipeline::{self, FeatureScope};
use crate::settings::Settings;

/// Build the marts by dbt, then feature views: what is new, and what restated and late bars changed.
#[derive(Debug, clap::Args)]
pub struct Build {
    /// A view to build: a built-in name or a TOML file; may be repeated [default: `features.views`, or else
    /// `training.view`]
    #[arg(long = "view", value_name = "NAME|FILE")]
    views: Vec<String>,
    /// Write no session before this one
    #[arg(long, value_name = "SESSION")]
    since: Option<Session>,
    /// These symbols alone [default: `universe.symbols`]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    symbols: Vec<Symbol>,
    /// Leave the marts as they are
    #[arg(long)]
    skip_marts: bool,
}

impl Build {
    /// Runs it.
    pub async fn run(self, settings: &Settings, as_of: Option<AsOf>) -> anyhow::Result<()> {
        let Self { views, since, symbols, skip_marts } = self;
        let scope = FeatureScope::new(settings, &views, symbols, since)?;
        if !skip_marts {
            pipeline::Marts::open(settings)?.build(None).await?;
        }
        pipeline::build_features(settings, &scope, &*pipeline::clock(as_of)).await?;
        Ok(())
    }
}

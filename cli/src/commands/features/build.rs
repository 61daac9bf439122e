//! `weekahead features build`: marts by dbt, then feature views.

use weekahead_market::{AsOf, Session, Symbol};

use crate::settings::Settings;
use crate::{pipeline, views};

/// Build the marts by dbt, then feature views: new and restated sessions, and what their windows reach.
#[derive(Debug, clap::Args)]
pub struct Build {
    /// A view: a built-in one's name or a file; may be given more than once [default: those of the settings]
    #[arg(long, value_name = "VIEW")]
    view: Vec<String>,
    /// Write no session before this one
    #[arg(long, value_name = "SESSION")]
    since: Option<Session>,
    /// Of these symbols alone, such as AAPL,IBM [default: the universe of the settings]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    symbols: Vec<Symbol>,
    /// Leave the marts as they are
    #[arg(long)]
    skip_marts: bool,
}

impl Build {
    /// Runs it.
    pub async fn run(self, settings: &Settings, as_of: Option<AsOf>) -> anyhow::Result<()> {
        let chosen = match self.view.is_empty() {
            true => views::of_settings(settings)?,
            false => self.view.iter().map(|name| views::resolve(name)).collect::<anyhow::Result<_>>()?,
        };
        if !self.skip_marts {
            pipeline::build_marts(settings, None).await?;
        }
        let symbols = if self.symbols.is_empty() { &settings.universe.symbols } else { &self.symbols };
        let clock = pipeline::clock(as_of);
        for view in &chosen {
            pipeline::build_view(settings, &*clock, view, symbols, self.since).await?;
        }
        Ok(())
    }
}

//! `weekahead forecast`: the weekly batch.

use std::process::ExitCode;

use anyhow::bail;
use weekahead_market::{AsOf, Horizon};

use crate::failure::PARTIAL;
use crate::settings::Settings;
use crate::{pipeline, tables};

/// Forecast the week ahead for the whole universe and write it back.
#[derive(Debug, clap::Args)]
pub struct Forecast {
    /// Sessions ahead, 1 to 10, of which models were trained [default: `training.horizon`]
    #[arg(long, value_parser = horizon)]
    horizon: Option<Horizon>,
}

fn horizon(text: &str) -> Result<Horizon, String> {
    let sessions = text.parse().map_err(|_| "name a number of sessions, 1 to 10".to_owned())?;
    Horizon::sessions(sessions).map_err(|error| error.to_string())
}

impl Forecast {
    /// Exit code 3 when some symbols have no forecast, 2 when none has one.
    pub async fn run(self, mut settings: Settings, as_of: Option<AsOf>) -> anyhow::Result<ExitCode> {
        if let Some(horizon) = self.horizon {
            settings.look_ahead(horizon);
        }
        let forecasts = pipeline::forecast(&settings, as_of).await?;
        if let Some(first) = forecasts.unanswered.first().filter(|_| forecasts.rows.is_empty()) {
            let count = forecasts.unanswered.len();
            bail!("none of {count} symbols has a forecast ({}: {})", first.symbol, first.reason);
        }
        println!("{}", tables::forecasts(&forecasts));
        Ok(if forecasts.unanswered.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(PARTIAL) })
    }
}

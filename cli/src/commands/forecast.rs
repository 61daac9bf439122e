//! `weekahead forecast`: the weekly batch.

use std::process::ExitCode;

use weekahead_market::AsOf;

use crate::failure::PARTIAL;
use crate::settings::Settings;
use crate::{pipeline, tables};

/// Forecast the week ahead for the whole universe and write it back.
#[derive(Debug, clap::Args)]
pub struct Forecast {}

impl Forecast {
    /// Exit code 3 when some symbols have no forecast.
    pub async fn run(self, settings: Settings, as_of: Option<AsOf>) -> anyhow::Result<ExitCode> {
        let forecasts = pipeline::forecast(&settings, as_of).await?;
        println!("{}", tables::forecasts(&forecasts));
        Ok(if forecasts.unanswered.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(PARTIAL) })
    }
}

//! `weekahead serve`: the HTTP API.

use std::process::ExitCode;
use std::sync::Arc;

use weekahead_market::SystemClock;
use weekahead_serving::http::{self, Api};

use crate::platform;
use crate::settings::Settings;
use crate::supervisor::stop_requested;

/// Serve the HTTP API until Ctrl-C.
#[derive(Debug, clap::Args)]
pub struct Serve {}

impl Serve {
    /// Serves.
    pub async fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        let forecaster = Arc::new(platform::forecaster(&settings).await?);
        let handle =
            http::serve(Api { forecaster, clock: Arc::new(SystemClock) }, settings.serving.addr).await?;
        eprintln!("serving listens on http://{0}, its docs are at http://{0}/docs", handle.local_addr());
        stop_requested().await;
        handle.shutdown().await;
        Ok(ExitCode::SUCCESS)
    }
}

//! `weekahead serve`: the HTTP API.

use std::process::ExitCode;
use std::sync::Arc;

use weekahead_market::AsOf;
use weekahead_serving::http::{self, Api};

use crate::settings::Settings;
use crate::supervisor::stop_requested;
use crate::{pipeline, platform};

/// Serve the HTTP API until Ctrl-C.
#[derive(Debug, clap::Args)]
pub struct Serve {}

impl Serve {
    /// Serves; with `--as-of`, the API's present stands still there.
    pub async fn run(self, settings: Settings, as_of: Option<AsOf>) -> anyhow::Result<ExitCode> {
        let forecaster = Arc::new(platform::forecaster(&settings).await?);
        let clock = Arc::from(pipeline::clock(as_of));
        let handle = http::serve(Api { forecaster, clock }, settings.serving.addr).await?;
        eprintln!("serving listens on http://{0}, its docs are at http://{0}/docs", handle.local_addr());
        stop_requested().await;
        handle.shutdown().await;
        Ok(ExitCode::SUCCESS)
    }
}

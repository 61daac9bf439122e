//! `weekahead serve`: the HTTP API.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use weekahead_market::{Clock, SystemClock};
use weekahead_serving::http::{self, Api};
use weekahead_serving::keep_fresh;

use crate::platform;
use crate::settings::Settings;
use crate::supervisor::stop_requested;

/// Serve the HTTP API until Ctrl-C.
#[derive(Debug, clap::Args)]
pub struct Serve {}

impl Serve {
    /// Serves.
    pub async fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        let own = platform::forecast_service(&settings).await?;
        let others = platform::other_horizons(&settings).await?;
        let features = platform::online_features(&settings)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let horizon = settings.training.horizon;
        let api = Api {
            horizons: Arc::new(others.clone()),
            ..Api::new(own.clone(), horizon, features.clone(), Arc::clone(&clock))
        };
        let handle = http::serve(api, settings.serving.addr).await?;
        eprintln!("serving listens on http://{0}, its docs are at http://{0}/docs", handle.local_addr());
        let every = Duration::from_secs(settings.serving.follow_seconds.get());
        let services = others.values().chain([&own]);
        let _following: Vec<_> = services.map(|service| service.keep_up(&clock, every)).collect();
        let _refreshing = match features {
            Ok(features) => Some(keep_fresh(features, clock, every)),
            Err(error) => {
                tracing::warn!(%error, "no features are held online");
                None
            }
        };
        stop_requested().await;
        handle.shutdown().await;
        Ok(ExitCode::SUCCESS)
    }
}

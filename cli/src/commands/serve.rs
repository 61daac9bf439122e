//! `weekahead serve`: the HTTP API.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use weekahead_market::{Clock, SystemClock};
use weekahead_serving::http::{self, Api};
use weekahead_serving::{LiveModel, keep_fresh, keep_live};

use crate::platform;
use crate::settings::Settings;
use crate::supervisor::stop_requested;

/// How long after a look at the registry the next one is.
const MODEL_LOOKS: Duration = Duration::from_secs(2);

/// Serve the HTTP API until Ctrl-C.
#[derive(Debug, clap::Args)]
pub struct Serve {}

impl Serve {
    /// Serves.
    pub async fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        let registry = platform::registry(&settings).await?;
        let forecaster = Arc::new(platform::forecaster(&settings, Arc::clone(&registry))?);
        let live = Arc::new(LiveModel::new(registry));
        let features = platform::online_features(&settings)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let api = Api {
            forecaster,
            live: Arc::clone(&live),
            features: features.clone(),
            clock: Arc::clone(&clock),
        };
        let handle = http::serve(api, settings.serving.addr).await?;
        eprintln!("serving listens on http://{0}, its docs are at http://{0}/docs", handle.local_addr());
        let _following = keep_live(live, Arc::clone(&clock), MODEL_LOOKS);
        let every = Duration::from_secs(settings.serving.refresh_seconds.get());
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

//! `weekahead serve`: the HTTP API.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use weekahead_market::{Clock, SystemClock};
use weekahead_serving::http::{self, Api};
use weekahead_serving::{keep_fresh, watch_drift};

use crate::platform;
use crate::settings::Settings;
use crate::supervisor::stop_requested;

/// How long after a look at the stored forecasts the next one is: they change once a week.
const DRIFT_LOOKS: Duration = Duration::from_secs(60);

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
            tracker_url: settings.tracker.page().map(Arc::from),
            ..Api::new(own.clone(), horizon, features.clone(), Arc::clone(&clock))
        };
        raise_open_files();
        let handle = http::serve_with(api, settings.serving.server()?).await?;
        eprintln!("serving listens on {0}, its docs are at {0}/docs", settings.serving.url());
        let _drift = watch_drift(Arc::clone(own.forecaster.registry()), Arc::clone(&clock), DRIFT_LOOKS);
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

/// Each connection is an open file, and the usual allowance is 1,024: takes as many as the system lets this process have.
fn raise_open_files() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, most)| setrlimit(Resource::RLIMIT_NOFILE, most, most));
    if let Err(error) = raised {
        tracing::warn!(%error, "the number of open files cannot be raised: `ulimit -n` bounds the connections");
    }
}

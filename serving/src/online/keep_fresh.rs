//! The task that refreshes features as long as the server runs.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_util::task::AbortOnDropHandle;
use weekahead_market::{AsOf, Clock};

use super::{OnlineFeatures, Refreshed};
use crate::Result;

/// Refreshes features at once and then again and again, until the handle is dropped.
///
/// While the warehouse is away, what is held is served, and asking goes on; the log has a line when that begins and when it is over.
pub fn keep_fresh(
    features: Arc<OnlineFeatures>,
    clock: Arc<dyn Clock>,
    every: Duration,
) -> AbortOnDropHandle<()> {
    AbortOnDropHandle::new(tokio::spawn(async move {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut outage = Outage::default();
        loop {
            ticks.tick().await;
            outage.tell(&features.refresh(AsOf::now(&*clock)).await);
        }
    }))
}

/// Whether refreshes fail at present.
#[derive(Debug, Default)]
struct Outage {
    lasts: bool,
}

impl Outage {
    fn tell(&mut self, outcome: &Result<Refreshed>) {
        match outcome {
            Ok(refreshed) => {
                if std::mem::take(&mut self.lasts) {
                    tracing::info!("the online features are kept fresh again");
                }
                if *refreshed != Refreshed::default() {
                    let Refreshed { pushed, loaded, gone } = refreshed;
                    tracing::info!(pushed, loaded, gone, "the online features follow the bars");
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut self.lasts, true) {
                    tracing::warn!(%error, "the online features cannot be refreshed: what is held is served, and asking goes on");
                }
            }
        }
    }
}

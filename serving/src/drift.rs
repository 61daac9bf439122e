//! A look at the stored forecasts now and then: whether the newest ones are spread as those before were.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_util::task::AbortOnDropHandle;
use weekahead_market::{AsOf, Clock};

use crate::{Registry, Result};

impl Registry {
    /// Reads how the points of the model's newest stored origin, and of those before it, are spread: for `/metrics`.
    ///
    /// # Errors
    /// Errors of the warehouse; what was read before stands.
    pub async fn look_at_drift(&self, now: AsOf) -> Result<()> {
        let moments = self.warehouse().forecast_moments(now, self.model()).await?;
        self.measures().set_moments(moments);
        Ok(())
    }
}

/// Looks at the stored forecasts at once and then again and again, until the handle is dropped.
pub fn watch_drift(registry: Arc<Registry>, clock: Arc<dyn Clock>, every: Duration) -> AbortOnDropHandle<()> {
    AbortOnDropHandle::new(tokio::spawn(async move {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = registry.look_at_drift(AsOf::now(&*clock)).await {
                tracing::debug!(%error, "the stored forecasts cannot be looked at: the last figures of drift stand");
            }
        }
    }))
}

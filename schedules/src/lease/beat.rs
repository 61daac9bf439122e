//! Signs of life, until they come too late.

use std::time::Duration;

use tokio::sync::watch;
use weekahead_warehouse::{LeaseEvent, Warehouse};

use super::moment::Moment;
use super::standing::holding;
use super::{Holder, LeaseTimes};

/// What a holder's signs of life need.
#[derive(Debug, Clone)]
pub struct Beat {
    pub warehouse: Warehouse,
    pub lease: String,
    pub holder: Holder,
    pub times: LeaseTimes,
}

impl Beat {
    /// Extends the lease until it is lost; then says why. `good` is when the last sign of life that counts was sent.
    pub async fn until_lost(self, mut good: Moment, lost: watch::Sender<Option<String>>) {
        let tick = self.times.heartbeat() / 10;
        let mut next = self.times.heartbeat();
        loop {
            tokio::time::sleep(tick).await;
            // Others count the lease from later on: whoever is late by this clock may be late by theirs.
            if good.elapsed() >= self.times.length {
                lost.send_replace(Some(format!(
                    "no sign of life reached the warehouse in {} s",
                    self.times.length.as_secs()
                )));
                return;
            }
            if good.elapsed() < next {
                continue;
            }
            let sent = Moment::now();
            match self.beat().await {
                Ok(true) => (good, next) = (sent, self.times.heartbeat()),
                Ok(false) => {
                    lost.send_replace(Some("another instance took the lease".to_owned()));
                    return;
                }
                Err(reason) => {
                    tracing::warn!(reason, "a sign of life did not get through; it is tried again");
                    next = good.elapsed() + self.times.settle.max(tick);
                }
            }
        }
    }

    /// One sign of life; whether the lease is still held.
    async fn beat(&self) -> Result<bool, String> {
        let Self { warehouse, lease, holder, times } = self;
        in_time(times.settle, self.say(LeaseEvent::Heartbeat)).await?;
        let claims = in_time(times.settle, warehouse.lease_claims(lease)).await?;
        Ok(holding(&claims, times.settle).is_some_and(|claim| claim.holder == holder.id))
    }

    /// Writes a row about the claim.
    pub async fn say(&self, event: LeaseEvent) -> weekahead_warehouse::Result<()> {
        let length = self.times.length.try_into().unwrap_or(jiff::SignedDuration::MAX);
        self.warehouse
            .write_lease_event(&self.lease, &self.holder.id, &self.holder.place, event, length)
            .await
    }
}

/// What comes in time.
pub async fn in_time<T, E: ToString>(
    limit: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, String> {
    match tokio::time::timeout(limit, work).await {
        Ok(outcome) => outcome.map_err(|error| error.to_string()),
        Err(_) => Err(format!("the warehouse took longer than {} s", limit.as_secs_f64())),
    }
}

//! How the lease is taken, waited for, and given back.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use weekahead_warehouse::{LeaseClaim, LeaseEvent, Warehouse};

use super::beat::{Beat, in_time};
use super::holder::is_gone;
use super::moment::Moment;
use super::standing::{holding, until};
use super::{Held, Holder, LeaseTimes};
use crate::{Error, Event, Result, Tell};

/// What is done when another instance holds the lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It is waited for.
    Wait,
    /// The error says who holds it.
    Refuse,
    /// It is taken from the other, who notices at its next sign of life.
    TakeOver,
}

/// A lease that is held, and extended until it is dropped.
#[derive(Debug)]
pub struct Lease {
    beat: Beat,
    lost: watch::Receiver<Option<String>>,
    beating: JoinHandle<()>,
}

/// How often a claim may be too slow.
const SLOW_CLAIMS: u32 = 5;

impl Lease {
    /// Takes a lease by its name.
    ///
    /// # Errors
    /// [`Error::Held`] where it is not waited for; [`Error::SlowClaims`]; what the warehouse says.
    pub async fn acquire(
        warehouse: &Warehouse,
        name: &str,
        times: LeaseTimes,
        mut access: Access,
        tell: &Tell,
    ) -> Result<Self> {
        let mut told = None;
        let mut slow = 0;
        loop {
            let claims = warehouse.lease_claims(name).await?;
            let Some(claim) = holding(&claims, times.settle) else {
                match claim_it(warehouse, name, times).await? {
                    Claimed::Held(lease) => return Ok(*lease),
                    Claimed::Lost => {}
                    Claimed::TooSlow => slow += 1,
                }
                if slow == SLOW_CLAIMS {
                    return Err(Error::SlowClaims { settle_seconds: times.settle.as_secs(), tries: slow });
                }
                continue;
            };
            let held = Held {
                holder: claim.holder.clone(),
                since: claim.claimed_at,
                until: until(claim, times.settle),
            };
            if is_gone(&claim.holder, &claim.place) {
                release(warehouse, name, claim).await?;
                tell(Event::Took { from: held, notice: Duration::ZERO });
            } else if access == Access::TakeOver {
                release(warehouse, name, claim).await?;
                // By then it has had its next look, or has been silent for so long that it has stopped by itself.
                let notice = times.heartbeat() + times.settle * 2;
                tell(Event::Took { from: held, notice });
                tokio::time::sleep(notice).await;
                access = Access::Wait;
            } else if access == Access::Refuse {
                return Err(Error::Held { holder: held });
            } else {
                if told.as_ref() != Some(&held.holder) {
                    told = Some(held.holder.clone());
                    tell(Event::Waiting(held));
                }
                tokio::time::sleep(times.poll()).await;
            }
        }
    }

    /// The name that this instance holds it under.
    pub fn holder(&self) -> &str {
        &self.beat.holder.id
    }

    /// Holds why the lease was lost, once it is.
    pub fn lost(&self) -> watch::Receiver<Option<String>> {
        self.lost.clone()
    }

    /// Gives it back. Where that does not reach the warehouse, it runs out by itself.
    pub async fn release(self) {
        self.beating.abort();
        if let Err(reason) = in_time(self.beat.times.settle * 2, self.beat.say(LeaseEvent::Release)).await {
            tracing::warn!(reason, "the lease could not be given back: it runs out by itself");
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.beating.abort();
    }
}

/// What became of a claim.
enum Claimed {
    Held(Box<Lease>),
    Lost,
    TooSlow,
}

async fn claim_it(warehouse: &Warehouse, name: &str, times: LeaseTimes) -> Result<Claimed> {
    let holder = Holder::of_this_process();
    let beat = Beat { warehouse: warehouse.clone(), lease: name.to_owned(), holder, times };
    let sent = Moment::now();
    match tokio::time::timeout(times.settle, beat.say(LeaseEvent::Claim)).await {
        Ok(outcome) => outcome?,
        Err(_) => {
            // It may be there all the same, and must hold nobody up.
            let _ = in_time(times.settle, beat.say(LeaseEvent::Release)).await;
            return Ok(Claimed::TooSlow);
        }
    }
    tokio::time::sleep(times.settle).await;
    let claims = warehouse.lease_claims(name).await?;
    if holding(&claims, times.settle).is_none_or(|claim| claim.holder != beat.holder.id) {
        beat.say(LeaseEvent::Release).await?;
        return Ok(Claimed::Lost);
    }
    let (tell_lost, lost) = watch::channel(None);
    let beating = tokio::spawn(beat.clone().until_lost(sent, tell_lost));
    Ok(Claimed::Held(Box::new(Lease { beat, lost, beating })))
}

/// Gives a claim up in the name of its holder.
async fn release(warehouse: &Warehouse, name: &str, claim: &LeaseClaim) -> Result<()> {
    let LeaseClaim { holder, place, lease, .. } = claim;
    Ok(warehouse.write_lease_event(name, holder, place, LeaseEvent::Release, *lease).await?)
}

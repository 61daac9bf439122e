//! The scheduler: holds the lease, runs what is due, looks again.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use weekahead_market::Clock;
use weekahead_warehouse::{ScheduleRun, ScheduleStatus};

use crate::lease::{Access, Lease, LeaseTimes};
use crate::shift::{Shift, Until};
use crate::{Event, Halt, Result, Runner, Schedule, Stop};

/// The name of the lease. There is one for a warehouse.
const LEASE: &str = "schedule";
/// The wait after the warehouse did not answer.
const AWAY_PAUSE: Duration = Duration::from_secs(5);

/// An instance of the scheduler.
#[derive(Clone)]
pub struct Scheduler {
    /// The jobs.
    pub schedule: Arc<Schedule>,
    /// What runs them.
    pub runner: Runner,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// How long the lease counts.
    pub times: LeaseTimes,
    /// How many runs may be under way at once.
    pub parallel: usize,
}

/// What became of the runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Those that ended well.
    pub succeeded: usize,
    /// Those that failed.
    pub failed: usize,
    /// Those that were not begun.
    pub skipped: usize,
    /// Those that were stopped in the midst.
    pub interrupted: usize,
}

impl Summary {
    /// Counts a run in.
    pub fn count(&mut self, run: &ScheduleRun) {
        match run.status {
            ScheduleStatus::Succeeded => self.succeeded += 1,
            ScheduleStatus::Failed => self.failed += 1,
            ScheduleStatus::Skipped => self.skipped += 1,
            ScheduleStatus::Interrupted => self.interrupted += 1,
            ScheduleStatus::Running => {}
        }
    }
}

impl Scheduler {
    /// Runs what is due, time after time, until it is asked to stop. Whenever the lease is lost, it is waited for again.
    ///
    /// # Errors
    /// What no later try would mend: a warehouse without the tables, a step that cannot be started.
    pub async fn live(&self, mut access: Access, halt: &Halt) -> Result<Summary> {
        let mut summary = Summary::default();
        loop {
            let ended = self.hold(access, Until::Stopped, halt, &mut summary).await;
            access = Access::Wait;
            match ended {
                Ok(Some(Stop::Lost(reason))) => (self.runner.tell)(Event::Lost { reason }),
                Ok(_) => return Ok(summary),
                Err(error) if error.is_retryable() => {
                    (self.runner.tell)(Event::Away { reason: error.to_string() });
                    tokio::select! {
                        Stop::Asked(_) = halt.halted() => return Ok(summary),
                        () = tokio::time::sleep(AWAY_PAUSE) => {}
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Runs what is due now, and ends. Fire times are not delayed.
    ///
    /// # Errors
    /// [`Error::Held`](crate::Error::Held) when another instance runs the schedule; what the warehouse says.
    pub async fn once(&self, access: Access, halt: &Halt) -> Result<Summary> {
        let mut summary = Summary::default();
        self.hold(access, Until::NothingIsDue, halt, &mut summary).await?;
        Ok(summary)
    }

    /// Takes the lease for a while; what the work with it ends with. It is given back unless it was lost.
    pub(crate) async fn lease(&self, access: Access, halt: &Halt) -> Result<Option<Lease>> {
        let acquire = Lease::acquire(&self.runner.warehouse, LEASE, self.times, access, &self.runner.tell);
        tokio::select! {
            lease = acquire => {
                let lease = lease?;
                (self.runner.tell)(Event::Holding { holder: lease.holder().to_owned() });
                Ok(Some(lease))
            }
            _ = halt.halted() => Ok(None),
        }
    }

    async fn hold(
        &self,
        access: Access,
        until: Until,
        halt: &Halt,
        summary: &mut Summary,
    ) -> Result<Option<Stop>> {
        let Some(lease) = self.lease(access, halt).await? else { return Ok(None) };
        let halt = halt.or_lost(lease.lost());
        let missed_before = self.clock.now() - self.patience();
        let mut shift = Shift::new(self, halt, lease.holder(), missed_before, summary);
        let outcome = shift.work(until).await;
        // What still runs is stopped by the same word, and ends before the lease does.
        shift.drain().await;
        lease.release().await;
        outcome
    }

    /// How long ago a fire time may be for an instance that has just taken the lease not to have missed it: the one before it may
    /// have died meanwhile.
    fn patience(&self) -> SignedDuration {
        SignedDuration::try_from(self.times.length() * 2).unwrap_or(SignedDuration::ZERO)
    }
}

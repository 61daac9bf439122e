//! A range of the past, lived through under a virtual clock.

use jiff::{SignedDuration, Timestamp};
use weekahead_market::{AsOf, Clock, SystemClock};
use weekahead_warehouse::{ScheduleRunFilter, ScheduleStatus};

use crate::lease::Access;
use crate::plan::History;
use crate::runner::Run;
use crate::{Event, Halt, Result, Scheduler, Stop, Summary};

impl Scheduler {
    /// Runs every occurrence from the first instant to the second, both included, in order, each as of its fire time. Those that
    /// have succeeded are left alone, so that a range that was stopped goes on where it was. What lies ahead is not the past.
    ///
    /// # Errors
    /// What the warehouse says; a step that cannot be started. Runs that fail are counted, and the next ones go on.
    pub async fn past(
        &self,
        from: Timestamp,
        until: Timestamp,
        access: Access,
        halt: &Halt,
    ) -> Result<Summary> {
        let until = until.min(self.clock.now());
        let mut summary = Summary::default();
        let mut access = access;
        loop {
            let Some(lease) = self.lease(access, halt).await? else { return Ok(summary) };
            access = Access::Wait;
            let halt_or_lost = halt.or_lost(lease.lost());
            let outcome = self.live_through(from, until, lease.holder(), &halt_or_lost, &mut summary).await;
            lease.release().await;
            match outcome? {
                Some(Stop::Lost(reason)) => (self.runner.tell)(Event::Lost { reason }),
                _ => return Ok(summary),
            }
        }
    }

    async fn live_through(
        &self,
        from: Timestamp,
        until: Timestamp,
        holder: &str,
        halt: &Halt,
        summary: &mut Summary,
    ) -> Result<Option<Stop>> {
        let as_of = AsOf::at(SystemClock.now() + SignedDuration::from_hours(24));
        let filter = ScheduleRunFilter { fires: Some((from, until)), ..ScheduleRunFilter::default() };
        let history = History::new(self.runner.warehouse.schedule_runs(as_of, &filter).await?);
        for occurrence in self.schedule.occurrences(from, until) {
            let job = &self.schedule.jobs()[occurrence.job];
            let before = history.run(&job.name, occurrence.fires_at);
            if before.is_some_and(|run| run.status == ScheduleStatus::Succeeded) {
                continue;
            }
            if let Some(stop) = halt.now() {
                return Ok(Some(stop));
            }
            let run = Run {
                fires_at: occurrence.fires_at,
                attempt: before.map_or(0, |run| run.attempt) + 1,
                in_past: true,
                holder: holder.to_owned(),
            };
            let ended = self.runner.run(job, &run, halt).await?;
            summary.count(&ended);
            (self.runner.tell)(Event::Ended(ended));
        }
        Ok(halt.now())
    }
}

//! The time for which an instance holds the lease: what is due is begun, what ends is noted.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::{JoinError, JoinSet};
use weekahead_market::{AsOf, Clock, SystemClock};
use weekahead_warehouse::{ScheduleRun, ScheduleRunFilter};

use crate::plan::{History, Plan, Present, plan, skipped};
use crate::runner::Run;
use crate::{Event, Halt, Occurrence, Result, Scheduler, Stop, Summary};

/// Until when an instance runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// It is asked to stop.
    Stopped,
    /// Nothing is due any more. Fire times are not delayed.
    NothingIsDue,
}

/// How many runs of each job are read: enough for what is open to be among them.
const RUNS_OF_JOB: u32 = 1_000;
/// The longest time between two looks at the clock, which may be set meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// The time for which an instance holds the lease.
pub struct Shift<'s> {
    scheduler: &'s Scheduler,
    halt: Halt,
    holder: String,
    missed_before: Timestamp,
    history: History,
    busy: BTreeSet<Occurrence>,
    runs: JoinSet<(Occurrence, Result<ScheduleRun>)>,
    summary: &'s mut Summary,
    said_next: Option<(String, Timestamp)>,
}

impl<'s> Shift<'s> {
    /// Begins with nothing under way.
    pub fn new(
        scheduler: &'s Scheduler,
        halt: Halt,
        holder: &str,
        missed_before: Timestamp,
        summary: &'s mut Summary,
    ) -> Self {
        Self {
            scheduler,
            halt,
            holder: holder.to_owned(),
            missed_before,
            history: History::default(),
            busy: BTreeSet::new(),
            runs: JoinSet::new(),
            summary,
            said_next: None,
        }
    }

    /// Runs what is due; why it stopped before its time, if it did.
    pub async fn work(&mut self, until: Until) -> Result<Option<Stop>> {
        self.history = self.read().await?;
        loop {
            if let Some(stop) = self.halt.now() {
                return Ok(Some(stop));
            }
            let plan = self.plan(until);
            self.skip(&plan).await?;
            self.begin(&plan);
            let is_idle = self.busy.is_empty() && plan.waiting.is_empty();
            if is_idle && until == Until::NothingIsDue {
                return Ok(None);
            }
            if self.busy.is_empty() {
                self.say_next();
            }
            let sleep = self.sleep(plan.wake_at);
            tokio::select! {
                Some(ended) = self.runs.join_next() => self.take(ended)?,
                stop = self.halt.halted() => return Ok(Some(stop)),
                () = tokio::time::sleep(sleep) => {}
            }
        }
    }

    /// What is on record. Rows of hosts whose clocks go ahead count as well.
    async fn read(&self) -> Result<History> {
        let as_of = AsOf::at(SystemClock.now() + SignedDuration::from_hours(24));
        let filter = ScheduleRunFilter { newest_of_job: Some(RUNS_OF_JOB), ..ScheduleRunFilter::default() };
        Ok(History::new(self.scheduler.runner.warehouse.schedule_runs(as_of, &filter).await?))
    }

    fn plan(&self, until: Until) -> Plan {
        let present = Present {
            now: self.scheduler.clock.now(),
            missed_before: self.missed_before,
            busy: &self.busy,
            parallel: self.scheduler.parallel,
            with_jitter: until == Until::Stopped,
        };
        plan(&self.scheduler.schedule, &self.history, &present)
    }

    async fn skip(&mut self, plan: &Plan) -> Result<()> {
        let (jobs, now) = (self.scheduler.schedule.jobs(), SystemClock.now());
        let rows = plan.skip.iter().map(|due| skipped(&jobs[due.job], due, &self.history, &self.holder, now));
        let mut rows: Vec<ScheduleRun> = rows.collect();
        rows.sort_by_key(|row| row.fires_at);
        self.scheduler.runner.warehouse.write_schedule_runs(&rows).await?;
        for row in rows {
            self.note(row);
        }
        Ok(())
    }

    fn begin(&mut self, plan: &Plan) {
        for due in &plan.begin {
            self.busy.insert(due.clone());
            let (scheduler, halt, due) = (self.scheduler.clone(), self.halt.clone(), due.clone());
            let name = &scheduler.schedule.jobs()[due.job].name;
            let run = Run {
                fires_at: due.fires_at,
                attempt: self.history.run(name, due.fires_at).map_or(0, |run| run.attempt) + 1,
                in_past: false,
                holder: self.holder.clone(),
            };
            self.runs.spawn(async move {
                let job = &scheduler.schedule.jobs()[due.job];
                let ended = scheduler.runner.run(job, &run, &halt).await;
                (due, ended)
            });
        }
    }

    /// Takes a run that has ended.
    fn take(
        &mut self,
        ended: std::result::Result<(Occurrence, Result<ScheduleRun>), JoinError>,
    ) -> Result<()> {
        let (due, run) = match ended {
            Ok(ended) => ended,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        };
        self.busy.remove(&due);
        self.note(run?);
        Ok(())
    }

    fn note(&mut self, run: ScheduleRun) {
        self.summary.count(&run);
        self.history.add(run.clone());
        (self.scheduler.runner.tell)(Event::Ended(run));
    }

    /// Says once which run is next.
    fn say_next(&mut self) {
        let now = self.scheduler.clock.now();
        let enabled = self.scheduler.schedule.jobs().iter().filter(|job| job.enabled);
        let next = enabled.filter_map(|job| Some((job.rule.next(now)?, job.name.clone()))).min();
        if let Some((fires_at, job)) = next
            && self.said_next.as_ref() != Some(&(job.clone(), fires_at))
        {
            self.said_next = Some((job.clone(), fires_at));
            (self.scheduler.runner.tell)(Event::Next { job, fires_at });
        }
    }

    fn sleep(&self, wake_at: Option<Timestamp>) -> Duration {
        let wait = wake_at.map(|at| at.duration_since(self.scheduler.clock.now()));
        let wait = wait.map(|wait| Duration::try_from(wait).unwrap_or(Duration::ZERO));
        // A moment longer, so that the instant has passed by then.
        wait.map_or(LONGEST_SLEEP, |wait| (wait + Duration::from_millis(1)).min(LONGEST_SLEEP))
    }

    /// Waits for the runs that were told to stop; those that were not told are, by being dropped.
    pub async fn drain(&mut self) {
        if self.halt.now().is_none() {
            self.runs.abort_all();
        }
        while let Some(ended) = self.runs.join_next().await {
            if let Ok((_, Ok(run))) = ended {
                self.note(run);
            }
        }
    }
}

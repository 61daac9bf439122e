//! What is due: pure, from the rules, what is on record, and what runs.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use weekahead_warehouse::{ScheduleRun, ScheduleStatus};

use crate::{CatchUp, Job, Occurrence, Schedule};

/// How many missed fire times of a job are recorded as skipped; those before them leave no row.
const SKIPPED_ROWS: usize = 100;
/// How many missed fire times of a job are looked at at once; those after them have their turn later.
const OPEN_AT_ONCE: usize = 1_000;

/// What is on record: by job and fire time.
#[derive(Debug, Clone, Default)]
pub struct History {
    runs: BTreeMap<String, BTreeMap<Timestamp, ScheduleRun>>,
}

impl History {
    /// Out of rows, each the latest state of its run.
    pub fn new(rows: Vec<ScheduleRun>) -> Self {
        let mut history = Self::default();
        rows.into_iter().for_each(|row| history.add(row));
        history
    }

    /// Takes a later state of a run.
    pub fn add(&mut self, row: ScheduleRun) {
        self.runs.entry(row.job.clone()).or_default().insert(row.fires_at, row);
    }

    /// What is known of a run.
    pub fn run(&self, job: &str, fires_at: Timestamp) -> Option<&ScheduleRun> {
        self.runs.get(job)?.get(&fires_at)
    }

    fn has_ended(&self, job: &str, fires_at: Timestamp) -> bool {
        self.run(job, fires_at).is_some_and(|run| run.status.has_ended())
    }

    /// Runs that were begun and have not ended.
    fn open(&self, job: &str) -> impl Iterator<Item = Timestamp> + '_ {
        let runs = self.runs.get(job).into_iter().flatten();
        runs.filter(|(_, run)| !run.in_past && !run.status.has_ended()).map(|(fires_at, _)| *fires_at)
    }

    /// The latest fire time that was seen live. What was lived through under a virtual clock says nothing about the present.
    fn latest(&self, job: &str) -> Option<Timestamp> {
        let mut runs = self.runs.get(job)?.values().rev();
        runs.find(|run| !run.in_past).map(|run| run.fires_at)
    }
}

/// What is to be done now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// To be begun, in order.
    pub begin: Vec<Occurrence>,
    /// To be recorded as skipped.
    pub skip: Vec<Occurrence>,
    /// Due, and waiting for another run or for its delay.
    pub waiting: Vec<Occurrence>,
    /// When to look again, if nothing ends before.
    pub wake_at: Option<Timestamp>,
}

/// What the present is for [`plan`].
#[derive(Debug, Clone)]
pub struct Present<'p> {
    /// The present instant.
    pub now: Timestamp,
    /// Fire times before it were missed: no instance ran then.
    pub missed_before: Timestamp,
    /// The runs that are under way here.
    pub busy: &'p BTreeSet<Occurrence>,
    /// How many runs may be under way at once.
    pub parallel: usize,
    /// Whether fire times are delayed by the jobs' jitter.
    pub with_jitter: bool,
}

/// What is to be done now. A run waits until no run of its own job is under way, and until every occurrence, up to its own fire
/// time, of the jobs that it comes after has ended, well or not.
pub fn plan(schedule: &Schedule, history: &History, present: &Present<'_>) -> Plan {
    let jobs = schedule.jobs();
    let mut plan = Plan::default();
    let open: Vec<Vec<Timestamp>> = jobs
        .iter()
        .enumerate()
        .map(|(index, job)| {
            let pending = pending(index, job, history, present);
            plan.skip
                .extend(pending.skip.iter().map(|fires_at| Occurrence { fires_at: *fires_at, job: index }));
            pending.open
        })
        .collect();
    let mut due: Vec<Occurrence> = Vec::new();
    for (job, fire_times) in open.iter().enumerate() {
        due.extend(fire_times.iter().map(|fires_at| Occurrence { fires_at: *fires_at, job }));
    }
    due.sort_unstable();
    for next in due {
        let busy_jobs = || present.busy.iter().map(|due| due.job).chain(plan.begin.iter().map(|due| due.job));
        let is_free = busy_jobs().count() < present.parallel && !busy_jobs().any(|job| job == next.job);
        let begins_at = begins_at(&jobs[next.job], next.fires_at, present);
        let may_begin = is_free && begins_at <= present.now && !is_held_up(&next, jobs, &open, present);
        if begins_at > present.now {
            plan.wake_at = earlier(plan.wake_at, Some(begins_at));
        }
        if may_begin { plan.begin.push(next) } else { plan.waiting.push(next) }
    }
    for job in jobs.iter().filter(|job| job.enabled) {
        plan.wake_at = earlier(plan.wake_at, job.rule.next(present.now));
    }
    plan
}

fn begins_at(job: &Job, fires_at: Timestamp, present: &Present<'_>) -> Timestamp {
    if present.with_jitter { job.begins_at(fires_at) } else { fires_at }
}

/// Whether a job that it comes after has something left to do up to its fire time.
fn is_held_up(due: &Occurrence, jobs: &[Job], open: &[Vec<Timestamp>], present: &Present<'_>) -> bool {
    let is_left = |job: usize| {
        open[job].iter().any(|fires_at| *fires_at <= due.fires_at)
            || present.busy.iter().any(|busy| busy.job == job && busy.fires_at <= due.fires_at)
    };
    let after = &jobs[due.job].after;
    jobs.iter().enumerate().any(|(index, other)| after.contains(&other.name) && is_left(index))
}

/// The fire times of a job that have passed and not ended.
#[derive(Debug, Default)]
struct Pending {
    /// To be run, in order.
    open: Vec<Timestamp>,
    /// Not to be run any more.
    skip: Vec<Timestamp>,
}

fn pending(index: usize, job: &Job, history: &History, present: &Present<'_>) -> Pending {
    if !job.enabled {
        return Pending::default();
    }
    let is_busy =
        |fires_at: &Timestamp| present.busy.contains(&Occurrence { fires_at: *fires_at, job: index });
    let begun: Vec<Timestamp> =
        history.open(&job.name).filter(|at| *at <= present.now && !is_busy(at)).collect();
    let is_new = |at: &Timestamp| !history.has_ended(&job.name, *at) && !begun.contains(at) && !is_busy(at);
    let Some(latest) = job.rule.previous(present.now) else { return Pending::default() };
    // Before the first run there is nothing that was missed.
    let seen = history.latest(&job.name).unwrap_or_else(|| latest - SignedDuration::from_micros(1));
    let missed = || newest_first(job, latest, seen).filter(is_new);
    match job.catch_up {
        CatchUp::All => {
            let mut open: Vec<Timestamp> =
                job.rule.occurrences(seen, present.now).filter(is_new).take(OPEN_AT_ONCE).collect();
            open.extend(begun);
            open.sort_unstable();
            Pending { open, skip: Vec::new() }
        }
        CatchUp::Latest => {
            let is_latest = |at: &Timestamp| *at == latest;
            let (open, given_up): (Vec<_>, Vec<_>) = begun.iter().copied().partition(is_latest);
            let open = open.into_iter().chain(Some(latest).filter(|at| is_new(at) && *at > seen)).collect();
            let skip = missed().filter(|at| !is_latest(at)).take(SKIPPED_ROWS).chain(given_up).collect();
            Pending { open, skip }
        }
        CatchUp::None => {
            let is_missed = |at: &Timestamp| *at < present.missed_before;
            let (given_up, mut open): (Vec<_>, Vec<_>) = begun.iter().copied().partition(is_missed);
            let skip = missed().filter(is_missed).take(SKIPPED_ROWS).chain(given_up).collect();
            open.extend(job.rule.occurrences(seen.max(present.missed_before), present.now).filter(is_new));
            open.sort_unstable();
            Pending { open, skip }
        }
    }
}

/// The fire times after `seen`, from the latest on backwards.
fn newest_first(job: &Job, latest: Timestamp, seen: Timestamp) -> impl Iterator<Item = Timestamp> + '_ {
    let before = |at: &Timestamp| job.rule.previous(*at - SignedDuration::from_micros(1));
    std::iter::successors(Some(latest), before).take_while(move |at| *at > seen)
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// The row of a run that is not to be begun any more.
pub fn skipped(job: &Job, due: &Occurrence, history: &History, holder: &str, now: Timestamp) -> ScheduleRun {
    let begun = history.run(&job.name, due.fires_at);
    let why = match (begun, job.catch_up) {
        (Some(run), _) => format!("begun {} times and not ended; a later one counts", run.attempt),
        (None, CatchUp::None) => "missed: no instance ran then".to_owned(),
        (None, _) => "missed: a later one counts".to_owned(),
    };
    ScheduleRun {
        job: job.name.clone(),
        fires_at: due.fires_at,
        status: ScheduleStatus::Skipped,
        attempt: begun.map_or(0, |run| run.attempt),
        in_past: false,
        holder: holder.to_owned(),
        started_at: begun.map_or(now, |run| run.started_at),
        finished_at: now,
        detail: why,
    }
}

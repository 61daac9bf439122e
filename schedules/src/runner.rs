//! One run of a job: its steps in order, tried again where they fail, each state on record.

use std::time::Duration;

use jiff::Timestamp;
use weekahead_market::{AsOf, Clock, SystemClock};
use weekahead_warehouse::{PipelineRun, ScheduleRun, ScheduleStatus, Warehouse};

use crate::process::{Ended, Ending};
use crate::{Event, Halt, Job, Program, Result, Step, Stop, Tell};

/// What runs jobs.
#[derive(Clone)]
pub struct Runner {
    /// Where states are recorded.
    pub warehouse: Warehouse,
    /// The program whose commands the steps are.
    pub program: Program,
    /// Who listens.
    pub tell: Tell,
}

/// Which run of a job.
#[derive(Debug, Clone)]
pub struct Run {
    /// When the job fired.
    pub fires_at: Timestamp,
    /// How often it was begun, this time included.
    pub attempt: u32,
    /// Whether it is lived through under a virtual clock that stands at its fire time.
    pub in_past: bool,
    /// The instance that runs it.
    pub holder: String,
}

/// Of `weekahead ingest` and `weekahead forecast`: some symbols failed, the others are done.
const PARTIAL: i32 = 3;

/// How a step came out after all its tries.
enum Outcome {
    Done(String),
    Failed(String),
    Stopped(Stop),
}

impl Runner {
    /// Runs a job; its last state, which is on record unless the warehouse is away for long.
    ///
    /// # Errors
    /// What the warehouse says when the run cannot even be recorded as begun; it is not begun then.
    pub async fn run(&self, job: &Job, run: &Run, halt: &Halt) -> Result<ScheduleRun> {
        let begun = begun(job, run);
        self.warehouse.write_schedule_runs(std::slice::from_ref(&begun)).await?;
        (self.tell)(Event::Began(begun.clone()));
        let mut details = Vec::new();
        let mut status = ScheduleStatus::Succeeded;
        for step in &job.steps {
            match self.step(job, step, run, halt).await? {
                Outcome::Done(detail) if detail.is_empty() => {}
                Outcome::Done(detail) => details.push(format!("{}: {detail}", step.name())),
                Outcome::Failed(reason) => {
                    details.push(format!("{} {reason}", step.name()));
                    status = ScheduleStatus::Failed;
                    break;
                }
                Outcome::Stopped(stop) => {
                    details.push(format!("{}: {stop}", step.name()));
                    status = ScheduleStatus::Interrupted;
                    break;
                }
            }
        }
        let ended =
            ScheduleRun { status, finished_at: SystemClock.now(), detail: details.join("; "), ..begun };
        self.insist(|| self.warehouse.write_schedule_runs(std::slice::from_ref(&ended))).await;
        Ok(ended)
    }

    /// One step, until it ends well, has no tries left, or is stopped.
    async fn step(&self, job: &Job, step: &Step, run: &Run, halt: &Halt) -> Result<Outcome> {
        let tries = job.retries.saturating_add(1);
        let mut reason = String::new();
        for attempt in 1..=tries {
            let wait = job.wait_before(attempt);
            if !wait.is_zero() {
                let (job, fires_at, reason) =
                    (job.name.clone(), run.fires_at, format!("{} {reason}", step.name()));
                (self.tell)(Event::Retry { job, fires_at, reason, wait });
            }
            tokio::select! {
                biased;
                stop = halt.halted() => return Ok(Outcome::Stopped(stop)),
                () = tokio::time::sleep(wait) => {}
            }
            let (started_at, as_of) = (SystemClock.now(), run.in_past.then(|| AsOf::at(run.fires_at)));
            let record =
                |status: &str, detail: &str| pipeline_run(job, step, run, status, detail, started_at);
            self.record(&record("running", "")).await;
            let Ended { ending, last_line } = self.program.run(job, step, as_of, halt).await?;
            let outcome = match ending {
                Ending::Exited(0) => {
                    Outcome::Done(if attempt > 1 { format!("at try {attempt}") } else { String::new() })
                }
                Ending::Exited(PARTIAL) if attempt == tries => {
                    Outcome::Done(format!("partial after {}, some symbols failed: {last_line}", times(tries)))
                }
                Ending::Exited(code) => Outcome::Failed(format!("ended with exit code {code}: {last_line}")),
                Ending::Signalled(status) => Outcome::Failed(format!("was killed ({status}): {last_line}")),
                Ending::TimedOut => Outcome::Failed(format!(
                    "took longer than {} min: {last_line}",
                    job.timeout.as_secs_f64() / 60.0
                )),
                Ending::Stopped(stop) => Outcome::Stopped(stop),
            };
            match &outcome {
                Outcome::Done(_) => self.record(&record("succeeded", &last_line)).await,
                Outcome::Failed(reason) => self.record(&record("failed", reason)).await,
                Outcome::Stopped(stop) => self.record(&record("failed", &stop.to_string())).await,
            }
            match outcome {
                Outcome::Failed(why) => reason = why,
                outcome => return Ok(outcome),
            }
        }
        Ok(Outcome::Failed(format!("{reason} ({})", times(tries))))
    }

    /// Records a step. What is on record about steps is for people: no run fails for it.
    async fn record(&self, row: &PipelineRun) {
        if let Err(error) = self.warehouse.write_pipeline_run(row).await {
            tracing::warn!(%error, step = row.step, "a step is not on record");
        }
    }

    /// Writes the end of a run, also when the warehouse is away for a moment. Otherwise the next instance runs it again.
    async fn insist<F: Future<Output = weekahead_warehouse::Result<()>>>(&self, write: impl Fn() -> F) {
        const PAUSES_SECONDS: [u64; 4] = [0, 1, 4, 10];
        for pause in PAUSES_SECONDS {
            tokio::time::sleep(Duration::from_secs(pause)).await;
            match write().await {
                Ok(()) => return,
                Err(error) => tracing::warn!(%error, "the end of a run is not on record yet"),
            }
        }
    }
}

fn times(tries: u32) -> String {
    if tries == 1 { "1 try".to_owned() } else { format!("{tries} tries") }
}

fn begun(job: &Job, run: &Run) -> ScheduleRun {
    let now = SystemClock.now();
    ScheduleRun {
        job: job.name.clone(),
        fires_at: run.fires_at,
        status: ScheduleStatus::Running,
        attempt: run.attempt,
        in_past: run.in_past,
        holder: run.holder.clone(),
        started_at: now,
        finished_at: now,
        detail: String::new(),
    }
}

fn pipeline_run(
    job: &Job,
    step: &Step,
    run: &Run,
    status: &str,
    detail: &str,
    started_at: Timestamp,
) -> PipelineRun {
    let now = SystemClock.now();
    PipelineRun {
        pipeline_run_id: format!("{} {}", job.name, run.fires_at),
        step: step.name(),
        as_of: AsOf::at(if run.in_past { run.fires_at } else { started_at }),
        status: status.to_owned(),
        detail: detail.to_owned(),
        started_at,
        finished_at: now,
    }
}

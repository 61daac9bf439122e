//! `weekahead schedule list`: the jobs, a line each.

use jiff::Timestamp;
use weekahead_market::{AsOf, Clock, SystemClock};
use weekahead_schedules::Job;
use weekahead_warehouse::{ScheduleRun, ScheduleRunFilter};

use super::{local, schedule};
use crate::settings::Settings;
use crate::{platform, tables};

/// List the jobs: when they run, which run is next, how the last one ended
#[derive(Debug, clap::Args)]
pub struct List {}

impl List {
    /// Runs it. Without a warehouse, the last runs are not known.
    pub async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        let schedule = schedule(settings)?;
        let last = match last_runs(settings).await {
            Ok(runs) => Some(runs),
            Err(error) => {
                eprintln!("the last runs are not known: {error:#}");
                None
            }
        };
        let now = SystemClock.now();
        let mut table = tables::table(&["job", "when", "time zone", "next", "after", "last run"]);
        for job in schedule.jobs() {
            let run = last.as_ref().map(|runs| runs.iter().find(|run| run.job == job.name));
            table.add_row([
                job.name.clone(),
                job.rule.in_words(),
                job.rule.zone_name().to_owned(),
                next(job, now),
                job.after.join(", "),
                outcome(job, run),
            ]);
        }
        println!("{table}");
        Ok(())
    }
}

async fn last_runs(settings: &Settings) -> anyhow::Result<Vec<ScheduleRun>> {
    let filter = ScheduleRunFilter { newest_of_job: Some(1), ..ScheduleRunFilter::default() };
    Ok(platform::warehouse(settings).await?.schedule_runs(AsOf::now(&SystemClock), &filter).await?)
}

fn next(job: &Job, now: Timestamp) -> String {
    match job.enabled {
        true => tables::or_missing(job.rule.next(now).map(|at| local(at, job.rule.zone()))),
        false => "switched off".to_owned(),
    }
}

/// How the last run ended; `None` for a warehouse that was not asked, and within it for a job that never ran.
fn outcome(job: &Job, run: Option<Option<&ScheduleRun>>) -> String {
    match run {
        None => tables::or_missing(None::<String>),
        Some(None) => "never".to_owned(),
        Some(Some(run)) => format!("{} {}", local(run.fires_at, job.rule.zone()), run.status),
    }
}

//! `weekahead schedule history`: what became of past runs.

use comfy_table::CellAlignment;
use jiff::tz::TimeZone;
use weekahead_market::{AsOf, SystemClock};
use weekahead_warehouse::{ScheduleRun, ScheduleRunFilter};

use super::{local, schedule};
use crate::settings::Settings;
use crate::{platform, tables};

/// Show past runs, the newest first
#[derive(Debug, clap::Args)]
pub struct History {
    /// Of this job alone
    #[arg(long)]
    job: Option<String>,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: u32,
}

impl History {
    /// Runs it. Jobs that there are no more have a history as well.
    pub async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        let zone = settings.schedule.zone()?;
        let (job, newest) = (self.job.clone(), Some(self.limit));
        let filter = ScheduleRunFilter { job, newest, ..ScheduleRunFilter::default() };
        let warehouse = platform::warehouse(settings).await?;
        let runs = warehouse.schedule_runs(AsOf::now(&SystemClock), &filter).await?;
        match (&self.job, runs.is_empty()) {
            (_, false) => println!("{}", report(&runs, &zone)),
            (Some(job), true) => {
                schedule(settings)?.job(job)?;
                println!("job `{job}` has never run");
            }
            (None, true) => {
                println!("no job has ever run: `weekahead schedule run` runs them when they are due")
            }
        }
        Ok(())
    }
}

fn report(runs: &[ScheduleRun], zone: &TimeZone) -> String {
    let mut table = tables::table(&["job", "fired", "status", "attempt", "took", "by", "detail"]);
    for run in runs {
        table.add_row([
            run.job.clone(),
            local(run.fires_at, zone),
            if run.in_past { format!("{}, in the past", run.status) } else { run.status.to_string() },
            run.attempt.to_string(),
            took(run),
            run.holder.clone(),
            run.detail.clone(),
        ]);
    }
    for column in [3, 4] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}

/// How long a run took, for those that were begun and are over.
pub fn took(run: &ScheduleRun) -> String {
    let took = run.finished_at.duration_since(run.started_at);
    match run.attempt {
        0 => String::new(),
        _ if took.is_zero() => String::new(),
        _ if took.as_secs() < 100 => format!("{:.1} s", took.as_secs_f64()),
        _ => format!("{:.1} min", took.as_secs_f64() / 60.0),
    }
}

#[cfg(test)]
mod tests {
    use weekahead_warehouse::ScheduleStatus;

    use super::*;

    fn run(job: &str, status: ScheduleStatus, seconds: i64, detail: &str) -> ScheduleRun {
        let started_at: jiff::Timestamp = "2013-01-25T23:00:01Z".parse().unwrap();
        ScheduleRun {
            job: job.to_owned(),
            fires_at: "2013-01-25T23:00:00Z".parse().unwrap(),
            status,
            attempt: u32::from(seconds > 0),
            in_past: false,
            holder: "desk:41:8c1f2ab0".to_owned(),
            started_at,
            finished_at: started_at + jiff::SignedDuration::from_secs(seconds),
            detail: detail.to_owned(),
        }
    }

    #[test]
    fn runs_are_aligned() {
        let runs = [
            run("forecast_weekly", ScheduleStatus::Succeeded, 12, ""),
            run(
                "train_weekly",
                ScheduleStatus::Failed,
                3_600,
                "train ended with exit code 2: no features (4 tries)",
            ),
            ScheduleRun { in_past: true, ..run("ingest_daily", ScheduleStatus::Succeeded, 7, "") },
            run("ingest_daily", ScheduleStatus::Skipped, 0, "missed: a later one counts"),
        ];
        let zone = TimeZone::get("America/New_York").unwrap();
        insta::assert_snapshot!(report(&runs, &zone));
    }
}

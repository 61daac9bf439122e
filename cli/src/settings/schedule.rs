//! The built-in scheduler: which jobs there are and when they run.

use std::collections::BTreeMap;
use std::num::{NonZeroU64, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use weekahead_market::Calendar;
use weekahead_schedules::lease::LeaseTimes;
use weekahead_schedules::{CatchUp, Error, Job, Rule, Schedule, Step, When};

/// The built-in scheduler.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleSettings {
    /// The zone of cron expressions, by its IANA name.
    pub time_zone: String,
    /// How long an instance holds on to the schedule after its last sign of life.
    pub lease_seconds: NonZeroU64,
    /// The longest time that the warehouse may take to acknowledge a claim or a sign of life.
    pub settle_seconds: NonZeroU64,
    /// Runs under way at once.
    pub parallel_runs: NonZeroUsize,
    /// The jobs, by name.
    pub jobs: BTreeMap<String, JobSettings>,
}

/// A job. All but the first two have defaults.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobSettings {
    /// When it fires.
    pub when: When,
    /// The commands that it runs, in order.
    pub steps: Vec<String>,
    /// The zone of its cron expression; `schedule.time_zone` when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Jobs whose occurrences up to its own fire time must have ended.
    #[serde(default)]
    pub after: Vec<String>,
    /// How often a step is tried again.
    #[serde(default = "retries")]
    pub retries: u32,
    /// The wait before the second try; it doubles each time, up to an hour.
    #[serde(default = "retry_delay_seconds")]
    pub retry_delay_seconds: u64,
    /// The longest delay after the fire time.
    #[serde(default)]
    pub jitter_seconds: u64,
    /// What is done about fire times that passed while no instance ran.
    #[serde(default)]
    pub catch_up: CatchUp,
    /// How long one try of a step may take.
    #[serde(default = "timeout_minutes")]
    pub timeout_minutes: NonZeroU64,
    /// Whether it runs at all.
    #[serde(default = "enabled")]
    pub enabled: bool,
}

fn retries() -> u32 {
    3
}

fn retry_delay_seconds() -> u64 {
    300
}

fn timeout_minutes() -> NonZeroU64 {
    const TWO_HOURS: NonZeroU64 = NonZeroU64::MIN.saturating_add(119);
    TWO_HOURS
}

fn enabled() -> bool {
    true
}

impl ScheduleSettings {
    /// The jobs, checked. `read` makes a step out of its words, or says why they are none.
    pub fn schedule(&self, read: impl Fn(&str) -> Result<Step, String>) -> anyhow::Result<Schedule> {
        let calendar = Arc::new(Calendar::nyse());
        let jobs = self.jobs.iter().map(|(name, job)| self.job(name, job, &calendar, &read));
        let jobs = jobs.collect::<anyhow::Result<Vec<Job>>>()?;
        Schedule::new(jobs).context("the section [schedule] cannot be used")
    }

    /// How long the lease counts.
    pub fn lease_times(&self) -> anyhow::Result<LeaseTimes> {
        let seconds = |seconds: NonZeroU64| Duration::from_secs(seconds.get());
        Ok(LeaseTimes::new(seconds(self.lease_seconds), seconds(self.settle_seconds))?)
    }

    /// The zone that dates of a range are in.
    pub fn zone(&self) -> anyhow::Result<TimeZone> {
        zone(&self.time_zone).context("`schedule.time_zone` cannot be used")
    }

    fn job(
        &self,
        name: &str,
        job: &JobSettings,
        calendar: &Arc<Calendar>,
        read: &impl Fn(&str) -> Result<Step, String>,
    ) -> anyhow::Result<Job> {
        let zone = match &job.time_zone {
            Some(named) => {
                zone(named).with_context(|| format!("`time_zone` of job `{name}` cannot be used"))?
            }
            None => self.zone()?,
        };
        let steps = job.steps.iter().map(|step| {
            let wrong = |reason| Error::Step { job: name.to_owned(), step: step.clone(), reason };
            Ok(read(step).map_err(wrong)?)
        });
        Ok(Job {
            name: name.to_owned(),
            rule: Rule::new(job.when.clone(), zone, Arc::clone(calendar)),
            steps: steps.collect::<anyhow::Result<_>>()?,
            after: job.after.clone(),
            retries: job.retries,
            retry_delay: Duration::from_secs(job.retry_delay_seconds),
            jitter: Duration::from_secs(job.jitter_seconds),
            catch_up: job.catch_up,
            timeout: Duration::from_secs(job.timeout_minutes.get().saturating_mul(60)),
            enabled: job.enabled,
        })
    }
}

fn zone(name: &str) -> Result<TimeZone, Error> {
    TimeZone::get(name).map_err(|_| Error::TimeZone { name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use weekahead_schedules::Step;

    use super::*;
    use crate::settings::Settings;

    fn read(step: &str) -> Result<Step, String> {
        Ok(Step { words: vec![step.to_owned()], takes_as_of: true })
    }

    #[test]
    fn the_built_in_jobs_follow_each_other() {
        let settings: Settings = toml::from_str(crate::settings::DEFAULTS).unwrap();
        let schedule = settings.schedule.schedule(read).unwrap();
        let jobs: Vec<_> = schedule.jobs().iter().map(|job| (job.name.as_str(), job.steps.len())).collect();
        assert_eq!(jobs, [("ingest_daily", 2), ("train_weekly", 1), ("forecast_weekly", 1)]);
        assert!(settings.schedule.lease_times().is_ok());
    }

    #[test]
    fn a_job_of_two_lines_is_as_the_built_in_file_says() {
        let settings: Settings = toml::from_str(crate::settings::DEFAULTS).unwrap();
        let built_in = &settings.schedule.jobs["ingest_daily"];
        let short: JobSettings =
            toml::from_str("when = 'each session close + 2h'\nsteps = ['ingest', 'features build']").unwrap();
        assert_eq!(toml::to_string(&short).unwrap(), toml::to_string(built_in).unwrap());
    }
}

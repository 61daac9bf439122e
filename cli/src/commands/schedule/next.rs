//! `weekahead schedule next`: what runs when.

use jiff::Timestamp;

use super::{local, schedule};
use crate::settings::Settings;
use crate::tables;

/// Show the next fire times
#[derive(Debug, clap::Args)]
pub struct Next {
    /// How many
    #[arg(long, value_name = "N", default_value_t = 10)]
    count: usize,
    /// Of this job alone
    #[arg(long)]
    job: Option<String>,
}

impl Next {
    /// Shows those after an instant.
    pub fn run(self, settings: &Settings, after: Timestamp) -> anyhow::Result<()> {
        let schedule = schedule(settings)?;
        if let Some(job) = &self.job {
            schedule.job(job)?;
        }
        let is_asked = |name: &str| self.job.as_deref().is_none_or(|job| job == name);
        let jobs = schedule.jobs().iter().enumerate().filter(|(_, job)| job.enabled && is_asked(&job.name));
        let mut next: Vec<_> = jobs
            .flat_map(|(index, job)| {
                let fires = job.rule.occurrences(after, Timestamp::MAX).take(self.count);
                fires.map(move |fires_at| (fires_at, index, job))
            })
            .collect();
        next.sort_by_key(|(fires_at, index, _)| (*fires_at, *index));
        let mut table = tables::table(&["local time", "UTC", "job", "time zone"]);
        for (fires_at, _, job) in next.into_iter().take(self.count) {
            table.add_row([
                local(fires_at, job.rule.zone()),
                fires_at.to_string(),
                job.name.clone(),
                job.rule.zone_name().to_owned(),
            ]);
        }
        println!("{table}");
        Ok(())
    }
}

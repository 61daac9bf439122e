//! `weekahead schedule due`: for other schedulers, which know no exchange's calendar.

use std::process::ExitCode;

use jiff::Timestamp;

use super::{local, schedule};
use crate::settings::Settings;

/// Exit with 0 when a job fired within the last 24 hours, with 99 when it did not
#[derive(Debug, clap::Args)]
pub struct Due {
    /// The job
    job: String,
}

/// The job did not fire within the last 24 hours.
const NOT_DUE: u8 = 99;

impl Due {
    /// Says so.
    pub fn run(self, settings: &Settings, at: Timestamp) -> anyhow::Result<ExitCode> {
        let schedule = schedule(settings)?;
        let zone = schedule.job(&self.job)?.rule.zone();
        match schedule.due(&self.job, at)? {
            Some(fires_at) => {
                println!("{} is due: it fired at {} ({fires_at})", self.job, local(fires_at, zone));
                Ok(ExitCode::SUCCESS)
            }
            None => {
                println!(
                    "{} is not due: it did not fire within the 24 hours up to {}",
                    self.job,
                    local(at, zone)
                );
                Ok(ExitCode::from(NOT_DUE))
            }
        }
    }
}

//! `weekahead schedule`: the built-in scheduler.

mod due;
mod history;
mod list;
mod next;
mod run;
mod step;
mod told;

use std::process::ExitCode;

use clap::Subcommand;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use weekahead_market::{AsOf, Clock, SystemClock};

use crate::settings::Settings;

/// The built-in scheduler.
#[derive(Debug, Subcommand)]
pub enum Schedule {
    /// Run the jobs when they are due, until Ctrl-C; or what is due now; or a range of the past
    Run(run::Run),
    /// List the jobs: when they run, which run is next, how the last one ended
    List(list::List),
    /// Show the next fire times
    Next(next::Next),
    /// Show past runs, the newest first
    History(history::History),
    /// Exit with 0 when a job fired within the last 24 hours, with 99 when it did not
    Due(due::Due),
}

impl Schedule {
    /// Whether it looks at an instant that may be given.
    pub fn takes_as_of(&self) -> bool {
        matches!(self, Self::Next(_) | Self::Due(_))
    }

    /// Runs it.
    pub async fn run(self, settings: Settings, as_of: Option<AsOf>) -> anyhow::Result<ExitCode> {
        match self {
            Self::Run(run) => return run.run(&settings).await,
            Self::List(list) => list.run(&settings).await?,
            Self::Next(next) => next.run(&settings, instant(as_of))?,
            Self::History(history) => history.run(&settings).await?,
            Self::Due(due) => return due.run(&settings, instant(as_of)),
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The jobs of the settings, with their steps read as commands of this program.
fn schedule(settings: &Settings) -> anyhow::Result<weekahead_schedules::Schedule> {
    settings.schedule.schedule(step::read)
}

/// Where the command stands.
fn instant(as_of: Option<AsOf>) -> Timestamp {
    as_of.map_or_else(|| SystemClock.now(), AsOf::instant)
}

/// An instant on the clock of a zone, with its offset from UTC.
fn local(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %:z").to_string()
}

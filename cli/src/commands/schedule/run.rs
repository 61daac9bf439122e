//! `weekahead schedule run`: the scheduler itself.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{bail, ensure};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use weekahead_market::SystemClock;
use weekahead_schedules::lease::Access;
use weekahead_schedules::{Program, Runner, Scheduler, StopSwitch, Summary};

use super::{schedule, told};
use crate::own_program::OwnProgram;
use crate::platform;
use crate::settings::Settings;
use crate::supervisor::stop_signal;

/// Run the jobs when they are due, until Ctrl-C; or what is due now; or a range of the past
#[derive(Debug, clap::Args)]
pub struct Run {
    /// Run what is due now, and end
    #[arg(long, conflicts_with_all = ["from", "to"])]
    once: bool,
    /// Live through the past from this date on: each run stands at its fire time, and those that succeeded are left alone
    #[arg(long, value_name = "DATE", requires = "to")]
    from: Option<Date>,
    /// The last date of that range
    #[arg(long, value_name = "DATE", requires = "from")]
    to: Option<Date>,
    /// Take the schedule from the instance that runs it
    #[arg(long)]
    take_over: bool,
}

impl Run {
    /// Runs jobs. Exit code 2 when some failed, 128 and the signal's number when a range or `--once` was stopped.
    pub async fn run(self, settings: &Settings) -> anyhow::Result<ExitCode> {
        let range = self.range(&settings.schedule.zone()?)?;
        let scheduler = scheduler(settings).await?;
        let switch = StopSwitch::default();
        let halt = switch.halt();
        let stopping = tokio::spawn(async move {
            let signal = stop_signal().await;
            switch.stop(signal.as_str());
            // Dropping the switch would tell nobody any more.
            (signal, switch)
        });
        let access = |otherwise| if self.take_over { Access::TakeOver } else { otherwise };
        let summary = match range {
            Some((from, until)) => scheduler.past(from, until, access(Access::Wait), &halt).await?,
            None if self.once => scheduler.once(access(Access::Refuse), &halt).await?,
            None => {
                scheduler.live(access(Access::Wait), &halt).await?;
                return Ok(ExitCode::SUCCESS);
            }
        };
        if stopping.is_finished() {
            let (signal, _) = stopping.await?;
            eprintln!("error: stopped by {signal}: the same command goes on where this one was");
            return Ok(ExitCode::from(SIGNALLED + signal as u8));
        }
        said(&summary, settings)
    }

    /// The instants of the range of dates.
    fn range(&self, zone: &TimeZone) -> anyhow::Result<Option<(Timestamp, Timestamp)>> {
        let (Some(from), Some(to)) = (self.from, self.to) else { return Ok(None) };
        ensure!(from <= to, "--from {from} is after --to {to}: name the earlier date first");
        let instant = |date: Date, time: Time| -> anyhow::Result<Timestamp> {
            Ok(date.to_datetime(time).to_zoned(zone.clone())?.timestamp())
        };
        Ok(Some((instant(from, Time::MIN)?, instant(to, Time::MAX)?)))
    }
}

/// What a shell adds to the number of the signal that has ended a process.
const SIGNALLED: u8 = 128;

fn said(summary: &Summary, settings: &Settings) -> anyhow::Result<ExitCode> {
    let Summary { succeeded, failed, .. } = *summary;
    if failed > 0 {
        bail!(
            "{failed} of {} runs failed: `weekahead schedule history` says why, and the whole logs are in {}",
            succeeded + failed,
            settings.home.join("logs").display()
        );
    }
    match succeeded {
        0 => eprintln!("nothing was due"),
        1 => eprintln!("1 run succeeded"),
        _ => eprintln!("{succeeded} runs succeeded"),
    }
    Ok(ExitCode::SUCCESS)
}

async fn scheduler(settings: &Settings) -> anyhow::Result<Scheduler> {
    let schedule = Arc::new(schedule(settings)?);
    let times = settings.schedule.lease_times()?;
    let tell = told::teller(settings.schedule.zone()?);
    let runner =
        Runner { warehouse: platform::warehouse(settings).await?, program: program(settings)?, tell };
    let parallel = settings.schedule.parallel_runs.get();
    Ok(Scheduler { schedule, runner, clock: Arc::new(SystemClock), times, parallel })
}

/// This program, for its steps.
fn program(settings: &Settings) -> anyhow::Result<Program> {
    let OwnProgram { file, args, env } = OwnProgram::with(settings)?;
    Ok(Program { file, args, env, logs: settings.home.join("logs") })
}

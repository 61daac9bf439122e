//! What a user sees of the scheduler: a line a run.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use weekahead_schedules::{Event, Tell};
use weekahead_warehouse::{ScheduleRun, ScheduleStatus};

use super::history::took;
use super::local;

/// Tells events on standard error, with times on the clock of a zone.
pub fn teller(zone: TimeZone) -> Tell {
    Arc::new(move |event| {
        if let Some(line) = line(&event, &zone) {
            eprintln!("{line}");
        }
    })
}

/// An event as a line. That a run begins is told by its end, unless it is begun again.
fn line(event: &Event, zone: &TimeZone) -> Option<String> {
    let run_of = |job: &str, fires_at: Timestamp| format!("{job:<16} {}", local(fires_at, zone));
    Some(match event {
        Event::Waiting(held) => format!("waiting: {held}"),
        Event::Took { from, notice } if notice.is_zero() => {
            format!("{} is dead: its lease is taken", from.holder)
        }
        Event::Took { from, notice } => {
            format!(
                "the lease is taken from {}, which has {:.0} s to notice",
                from.holder,
                notice.as_secs_f64()
            )
        }
        Event::Holding { holder } => format!("this instance, {holder}, runs the schedule"),
        Event::Lost { reason } => format!("the lease was lost, and what ran was stopped: {reason}"),
        Event::Away { reason } => format!("{reason}; it is tried again"),
        Event::Began(run) if run.attempt > 1 => {
            format!("{}  begun again, attempt {}", run_of(&run.job, run.fires_at), run.attempt)
        }
        Event::Began(_) => return None,
        Event::Retry { job, fires_at, reason, wait } => {
            format!("{}  {reason}; tried again in {} s", run_of(job, *fires_at), wait.as_secs())
        }
        Event::Ended(run) => ended(&run_of(&run.job, run.fires_at), run),
        Event::Next { job, fires_at } => format!("next: {job} {}", local(*fires_at, zone)),
    })
}

fn ended(run_of: &str, run: &ScheduleRun) -> String {
    let words = [run.status.to_string(), took(run), run.detail.clone()];
    let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
    match run.status {
        ScheduleStatus::Succeeded if run.detail.is_empty() => format!("{run_of}  {}", words.join(" in ")),
        _ => format!("{run_of}  {}", words.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_run_is_a_line() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let fires_at: Timestamp = "2013-01-25T23:00:00Z".parse().unwrap();
        let run = ScheduleRun {
            job: "train_weekly".to_owned(),
            fires_at,
            status: ScheduleStatus::Succeeded,
            attempt: 1,
            in_past: false,
            holder: "desk:41:8c1f2ab0".to_owned(),
            started_at: fires_at,
            finished_at: fires_at + jiff::SignedDuration::from_secs(12),
            detail: String::new(),
        };
        let told = |event: Event| line(&event, &zone).unwrap_or_default();
        assert_eq!(told(Event::Began(run.clone())), "");
        assert_eq!(
            told(Event::Ended(run.clone())),
            "train_weekly     2013-01-25 18:00 -05:00  succeeded in 12.0 s"
        );
        let failed =
            ScheduleRun { status: ScheduleStatus::Failed, detail: "no lake".to_owned(), ..run.clone() };
        assert_eq!(
            told(Event::Ended(failed)),
            "train_weekly     2013-01-25 18:00 -05:00  failed, 12.0 s, no lake"
        );
        let again = told(Event::Began(ScheduleRun { attempt: 2, ..run }));
        assert!(again.ends_with("begun again, attempt 2"), "{again}");
        let job = "ingest_daily".to_owned();
        assert_eq!(told(Event::Next { job, fires_at }), "next: ingest_daily 2013-01-25 18:00 -05:00");
        let retry = Event::Retry {
            job: "ingest_daily".to_owned(),
            fires_at,
            reason: "ingest ended with exit code 2".to_owned(),
            wait: Duration::from_secs(300),
        };
        assert!(told(retry).ends_with("ingest ended with exit code 2; tried again in 300 s"));
    }
}

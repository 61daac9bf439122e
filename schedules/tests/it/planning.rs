//! What is due: after a pause, after a crash, and behind other jobs.

use std::collections::BTreeSet;

use jiff::Timestamp;
use weekahead_schedules::{CatchUp, History, Job, Occurrence, Plan, Present, Schedule, plan};
use weekahead_warehouse::{ScheduleRun, ScheduleStatus};

use crate::support::{at, defaults, job};

/// A job that fires at noon in New York each day: 17:00 in UTC.
const DAILY: &str = "0 12 * * *";

fn row(job: &str, fires_at: &str, status: ScheduleStatus) -> ScheduleRun {
    ScheduleRun {
        job: job.to_owned(),
        fires_at: at(fires_at),
        status,
        attempt: 1,
        in_past: false,
        holder: "host:1:a".to_owned(),
        started_at: at(fires_at),
        finished_at: at(fires_at),
        detail: String::new(),
    }
}

fn present<'b>(now: &str, busy: &'b BTreeSet<Occurrence>) -> Present<'b> {
    Present {
        now: at(now),
        missed_before: at(now) - jiff::SignedDuration::from_mins(2),
        busy,
        parallel: 2,
        with_jitter: true,
    }
}

fn planned(jobs: Vec<Job>, rows: Vec<ScheduleRun>, now: &str, busy: &[(usize, &str)]) -> Plan {
    let busy = busy.iter().map(|(job, fires_at)| Occurrence { fires_at: at(fires_at), job: *job }).collect();
    plan(&Schedule::new(jobs).unwrap(), &History::new(rows), &present(now, &busy))
}

fn days(due: &[Occurrence]) -> Vec<String> {
    due.iter().map(|due| format!("{} {}", due.job, due.fires_at.strftime("%d"))).collect()
}

fn of_policy(catch_up: CatchUp, rows: Vec<ScheduleRun>) -> Plan {
    planned(vec![job("a", DAILY, &[], catch_up)], rows, "2013-01-10T18:00:00Z", &[])
}

#[test]
fn at_first_the_latest_fire_time_is_due_and_nothing_was_missed() {
    for catch_up in [CatchUp::All, CatchUp::Latest] {
        let plan = of_policy(catch_up, Vec::new());
        assert_eq!((days(&plan.begin), plan.skip.len()), (vec!["0 10".to_owned()], 0), "{catch_up:?}");
        assert_eq!(plan.wake_at, Some(at("2013-01-11T17:00:00Z")));
    }
    assert!(of_policy(CatchUp::None, Vec::new()).begin.is_empty());
}

#[test]
fn what_was_missed_is_run_or_skipped_by_policy() {
    let rows = || vec![row("a", "2013-01-07T17:00:00Z", ScheduleStatus::Succeeded)];
    let all = of_policy(CatchUp::All, rows());
    assert_eq!(
        (days(&all.begin), days(&all.waiting)),
        (vec!["0 08".to_owned()], vec!["0 09".to_owned(), "0 10".to_owned()])
    );
    assert!(all.skip.is_empty());
    let latest = of_policy(CatchUp::Latest, rows());
    assert_eq!(
        (days(&latest.begin), days(&latest.skip)),
        (vec!["0 10".to_owned()], vec!["0 09".to_owned(), "0 08".to_owned()])
    );
    let none = of_policy(CatchUp::None, rows());
    assert_eq!((none.begin.len(), days(&none.skip).len()), (0, 3));
    let in_time = planned(vec![job("a", DAILY, &[], CatchUp::None)], rows(), "2013-01-10T17:01:00Z", &[]);
    assert_eq!(days(&in_time.begin), ["0 10"]);
}

#[test]
fn what_has_ended_is_not_run_again() {
    for status in [ScheduleStatus::Succeeded, ScheduleStatus::Failed, ScheduleStatus::Skipped] {
        for catch_up in [CatchUp::All, CatchUp::Latest, CatchUp::None] {
            let plan = of_policy(catch_up, vec![row("a", "2013-01-10T17:00:00Z", status)]);
            assert_eq!(
                (plan.begin, plan.skip, plan.waiting),
                (vec![], vec![], vec![]),
                "{status} {catch_up:?}"
            );
        }
    }
}

#[test]
fn what_an_instance_left_in_the_midst_is_run_again_by_policy() {
    for status in [ScheduleStatus::Running, ScheduleStatus::Interrupted] {
        let left = || vec![row("a", "2013-01-10T17:00:00Z", status)];
        for catch_up in [CatchUp::All, CatchUp::Latest] {
            assert_eq!(days(&of_policy(catch_up, left()).begin), ["0 10"], "{status} {catch_up:?}");
        }
        assert_eq!(days(&of_policy(CatchUp::None, left()).skip), ["0 10"]);
        let older = || vec![row("a", "2013-01-08T17:00:00Z", status)];
        let all = of_policy(CatchUp::All, older());
        assert_eq!(
            (days(&all.begin), days(&all.waiting)),
            (vec!["0 08".to_owned()], vec!["0 09".to_owned(), "0 10".to_owned()])
        );
        let latest = of_policy(CatchUp::Latest, older());
        assert_eq!(
            (days(&latest.begin), days(&latest.skip)),
            (vec!["0 10".to_owned()], vec!["0 09".to_owned(), "0 08".to_owned()])
        );
    }
}

#[test]
fn what_runs_here_is_neither_begun_nor_skipped() {
    let rows = vec![row("a", "2013-01-09T17:00:00Z", ScheduleStatus::Running)];
    for catch_up in [CatchUp::All, CatchUp::Latest] {
        let busy = [(0, "2013-01-09T17:00:00Z")];
        let plan = planned(vec![job("a", DAILY, &[], catch_up)], rows.clone(), "2013-01-10T18:00:00Z", &busy);
        assert_eq!((plan.begin.len(), plan.skip.len(), days(&plan.waiting)), (0, 0, vec!["0 10".to_owned()]));
    }
}

#[test]
fn a_past_that_was_lived_through_says_nothing_about_the_present() {
    let past = ScheduleRun { in_past: true, ..row("a", "2013-01-02T17:00:00Z", ScheduleStatus::Succeeded) };
    let plan = of_policy(CatchUp::All, vec![past]);
    assert_eq!(days(&plan.begin), ["0 10"]);
    assert!(plan.waiting.is_empty());
    let done = ScheduleRun { in_past: true, ..row("a", "2013-01-10T17:00:00Z", ScheduleStatus::Succeeded) };
    assert!(of_policy(CatchUp::All, vec![done]).begin.is_empty());
}

#[test]
fn a_job_waits_for_those_that_it_comes_after() {
    const FRIDAY: &str = "2013-01-25T23:00:00Z";
    let now = "2013-01-25T23:00:01Z";
    let ingested = |status| vec![row("ingest_daily", FRIDAY, status)];
    let begins = |rows, busy: &[(usize, &str)]| days(&planned(defaults(), rows, now, busy).begin);
    assert_eq!(begins(Vec::new(), &[]), ["0 25"]);
    assert!(begins(ingested(ScheduleStatus::Running), &[(0, FRIDAY)]).is_empty());
    // Well or not: a failed training does not hold the forecast up.
    for status in [ScheduleStatus::Succeeded, ScheduleStatus::Failed, ScheduleStatus::Skipped] {
        assert_eq!(begins(ingested(status), &[]), ["1 25"], "{status}");
        let trained = [ingested(status), vec![row("train_weekly", FRIDAY, status)]].concat();
        assert_eq!(begins(trained, &[]), ["2 25"], "{status}");
    }
    // The next day's bars do not wait for a training that takes the night.
    let rows =
        [ingested(ScheduleStatus::Succeeded), vec![row("train_weekly", FRIDAY, ScheduleStatus::Running)]]
            .concat();
    let monday = planned(defaults(), rows, "2013-01-28T23:00:01Z", &[(1, FRIDAY)]);
    assert_eq!(days(&monday.begin), ["0 28"]);
    assert_eq!(days(&monday.waiting), ["2 25"]);
    // A job that is switched off holds nobody up.
    let mut jobs = defaults();
    jobs[0].enabled = false;
    assert_eq!(days(&planned(jobs, Vec::new(), now, &[]).begin).len(), 1);
}

#[test]
fn a_delayed_run_is_waited_for_and_wakes_the_scheduler() {
    let delayed =
        Job { jitter: std::time::Duration::from_secs(3_600), ..job("a", DAILY, &[], CatchUp::Latest) };
    let fires_at: Timestamp = at("2013-01-10T17:00:00Z");
    let begins_at = delayed.begins_at(fires_at);
    let follows = job("b", DAILY, &["a"], CatchUp::Latest);
    let plan = planned(vec![delayed.clone(), follows.clone()], Vec::new(), "2013-01-10T17:00:01Z", &[]);
    assert_eq!(
        (days(&plan.begin), days(&plan.waiting)),
        (vec![], vec!["0 10".to_owned(), "1 10".to_owned()])
    );
    assert_eq!(plan.wake_at, Some(begins_at));
    let then = planned(vec![delayed, follows], Vec::new(), &begins_at.to_string(), &[]);
    assert_eq!((days(&then.begin), days(&then.waiting)), (vec!["0 10".to_owned()], vec!["1 10".to_owned()]));
}

#[test]
fn no_more_runs_are_begun_than_may_be_under_way() {
    let jobs = || ["a", "b", "c"].map(|name| job(name, DAILY, &[], CatchUp::Latest)).to_vec();
    let plan = planned(jobs(), Vec::new(), "2013-01-10T18:00:00Z", &[]);
    assert_eq!((days(&plan.begin).len(), days(&plan.waiting)), (2, vec!["2 10".to_owned()]));
    let busy = [(0, "2013-01-09T17:00:00Z")];
    assert_eq!(days(&planned(jobs(), Vec::new(), "2013-01-10T18:00:00Z", &busy).begin), ["1 10"]);
}

#[test]
fn a_long_pause_of_a_job_of_every_minute_leaves_a_hundred_rows() {
    let rows = vec![row("a", "2012-01-10T17:00:00Z", ScheduleStatus::Succeeded)];
    let plan = planned(vec![job("a", "* * * * *", &[], CatchUp::Latest)], rows, "2013-01-10T18:00:30Z", &[]);
    assert_eq!((plan.begin.len(), plan.skip.len()), (1, 100));
    assert_eq!(plan.begin[0].fires_at, at("2013-01-10T18:00:00Z"));
}

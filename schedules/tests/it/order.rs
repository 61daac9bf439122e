//! Jobs in order, delays that all processes agree about, and whether a job is due.

use std::time::Duration;

use weekahead_schedules::{CatchUp, Job, Schedule};

use crate::support::{at, defaults, job};

const DAILY: &str = "0 12 * * *";

fn error(jobs: Vec<Job>) -> String {
    Schedule::new(jobs).unwrap_err().to_string()
}

#[test]
fn no_job_comes_before_one_that_it_waits_for() {
    let schedule = Schedule::new(defaults()).unwrap();
    let names: Vec<&str> = schedule.jobs().iter().map(|job| job.name.as_str()).collect();
    assert_eq!(names, ["ingest_daily", "train_weekly", "forecast_weekly"]);
    let friday = schedule.occurrences(at("2013-01-25T23:00:00Z"), at("2013-01-25T23:00:00Z"));
    assert_eq!(friday.iter().map(|occurrence| occurrence.job).collect::<Vec<_>>(), [0, 1, 2]);
}

#[test]
fn jobs_that_cannot_be_are_refused() {
    let named = |name: &str, after: &[&str]| job(name, DAILY, after, CatchUp::Latest);
    assert!(error(vec![named("a", &["b"])]).contains("job `a` is to run after `b`, which is no job"));
    assert!(error(vec![named("a", &["a"])]).contains("jobs a wait for each other"));
    let cycle = error(vec![named("x", &["a"]), named("a", &["b"]), named("b", &["c"]), named("c", &["a"])]);
    assert!(cycle.contains("jobs a, b, c wait for each other"), "{cycle}");
    assert!(error(vec![named("A job", &[])]).contains("cannot name a job"));
    let idle = Job { steps: Vec::new(), ..named("a", &[]) };
    assert!(error(vec![idle]).contains("has no steps"));
    let unknown = Schedule::new(defaults()).unwrap().job("train").unwrap_err().to_string();
    assert!(
        unknown.contains("there is no job `train`: the jobs are ingest_daily, train_weekly, forecast_weekly")
    );
}

#[test]
fn a_delay_depends_on_job_and_fire_time_alone() {
    let job = Job { jitter: Duration::from_secs(600), ..job("a", DAILY, &[], CatchUp::Latest) };
    let times: Vec<_> =
        job.rule.occurrences(at("2013-01-01T00:00:00Z"), at("2013-04-01T00:00:00Z")).collect();
    let delays: Vec<_> = times.iter().map(|time| job.delay(*time)).collect();
    assert_eq!(delays, times.iter().map(|time| job.clone().delay(*time)).collect::<Vec<_>>());
    assert!(delays.iter().all(|delay| !delay.is_negative() && delay.as_secs() <= 600));
    assert!(
        delays.iter().any(|delay| delay.as_secs() < 100) && delays.iter().any(|delay| delay.as_secs() > 500)
    );
    let other = Job { name: "b".to_owned(), ..job.clone() };
    assert_ne!(other.delay(times[0]), job.delay(times[0]));
    // The same in every build on every machine.
    assert_eq!(job.delay(at("2013-01-25T17:00:00Z")).as_millis(), 448_101);
    let prompt = Job { jitter: Duration::ZERO, ..job };
    assert!(prompt.delay(times[0]).is_zero());
}

#[test]
fn waits_double_up_to_an_hour() {
    let job = Job { retry_delay: Duration::from_secs(300), ..job("a", DAILY, &[], CatchUp::Latest) };
    let waits: Vec<u64> = [1, 2, 3, 4, 6, 90].map(|attempt| job.wait_before(attempt).as_secs()).into();
    assert_eq!(waits, [0, 300, 600, 1_200, 3_600, 3_600]);
}

#[test]
fn a_job_is_due_for_24_hours() {
    let schedule = Schedule::new(defaults()).unwrap();
    let due = |job: &str, instant: &str| schedule.due(job, at(instant)).unwrap().is_some();
    // Friday the 25th closes at 21:00 in UTC; the jobs fire at 23:00.
    assert!(!due("train_weekly", "2013-01-25T22:59:59Z"));
    assert!(due("train_weekly", "2013-01-25T23:00:00Z"));
    assert!(due("train_weekly", "2013-01-26T11:30:00Z"));
    assert!(!due("train_weekly", "2013-01-26T23:00:00Z"));
    assert!(due("ingest_daily", "2013-01-24T23:30:00Z") && !due("train_weekly", "2013-01-24T23:30:00Z"));
    // Good Friday: the evening of Thursday is meant, that of Friday is not.
    assert!(
        due("forecast_weekly", "2013-03-28T22:30:00Z") && !due("forecast_weekly", "2013-03-29T22:30:00Z")
    );
    assert!(schedule.due("nothing", at("2013-01-25T23:00:00Z")).is_err());
}

#[test]
fn by_half_past_six_in_new_york_every_job_of_the_day_has_fired() {
    let schedule = Schedule::new(defaults()).unwrap();
    let evening = crate::support::rule("30 18 * * MON-FRI", "America/New_York");
    let calendar = weekahead_market::Calendar::nyse();
    for at in evening.occurrences(at("2012-01-01T00:00:00Z"), at("2014-01-01T00:00:00Z")) {
        let day = at.to_zoned(calendar.zone().clone()).date();
        let is_session = calendar.is_session(day);
        let is_last = is_session && calendar.last_of_week(day.into()) == Ok(day.into());
        assert_eq!(schedule.due("ingest_daily", at).unwrap().is_some(), is_session, "{day}");
        for weekly in ["train_weekly", "forecast_weekly"] {
            assert_eq!(schedule.due(weekly, at).unwrap().is_some(), is_last, "{weekly} {day}");
        }
    }
}

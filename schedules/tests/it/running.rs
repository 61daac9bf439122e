//! Runs with real processes and the real engine: tries, limits, stops, and what is on record.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use weekahead_market::{AsOf, FixedClock, SystemClock};
use weekahead_schedules::lease::{Access, LeaseTimes};
use weekahead_schedules::{CatchUp, Job, Program, Runner, Schedule, Scheduler, StopSwitch, Summary};
use weekahead_warehouse::{
    LeaseClaim, LeaseEvent, ScheduleRun, ScheduleRunFilter, ScheduleStatus, Warehouse,
};

use crate::support::{Engine, Told, at, defaults, job, listener, step};

const DAILY: &str = "0 12 * * *";
const NOW: &str = "2013-01-10T18:00:00Z";

/// A scheduler of jobs whose steps a shell runs, with a clock that stands still.
fn scheduler(engine: &Engine, warehouse: &Warehouse, jobs: Vec<Job>) -> (Scheduler, Told) {
    let (tell, told) = listener();
    let program = Program {
        file: "/bin/sh".into(),
        args: vec!["-c".into()],
        env: vec![("HERE".to_owned(), engine.data.path().display().to_string())],
        logs: engine.data.path().join("logs"),
    };
    let scheduler = Scheduler {
        schedule: Arc::new(Schedule::new(jobs).unwrap()),
        runner: Runner { warehouse: warehouse.clone(), program, tell },
        clock: Arc::new(FixedClock::at(at(NOW))),
        times: LeaseTimes::new(Duration::from_secs(3), Duration::from_millis(500)).unwrap(),
        parallel: 2,
    };
    (scheduler, told)
}

fn of(steps: &[&str]) -> Job {
    Job { steps: steps.iter().map(|script| step(script)).collect(), ..job("a", DAILY, &[], CatchUp::Latest) }
}

async fn on_record(warehouse: &Warehouse) -> Vec<ScheduleRun> {
    let as_of = AsOf::now(&SystemClock);
    warehouse.schedule_runs(as_of, &ScheduleRunFilter::default()).await.unwrap()
}

/// Runs what is due, and says what is on record of the one run.
async fn outcome(engine: &Engine, warehouse: &Warehouse, job: Job) -> ScheduleRun {
    warehouse.execute("TRUNCATE TABLE ops.schedule_runs").await.unwrap();
    let (scheduler, _) = scheduler(engine, warehouse, vec![job]);
    scheduler.once(Access::Refuse, &StopSwitch::default().halt()).await.unwrap();
    let mut rows = on_record(warehouse).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows.remove(0)
}

fn written(engine: &Engine, name: &str) -> String {
    std::fs::read_to_string(engine.data.path().join(name)).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_are_tried_again_and_told_by_their_last_words() {
    let (engine, warehouse) = Engine::migrated().await;
    let run = outcome(&engine, &warehouse, of(&["echo one >> $HERE/said", "echo two >> $HERE/said"])).await;
    assert_eq!((run.status, run.attempt, run.detail.as_str()), (ScheduleStatus::Succeeded, 1, ""));
    assert_eq!((run.fires_at, written(&engine, "said").as_str()), (at("2013-01-10T17:00:00Z"), "one\ntwo\n"));

    let flaky = Job { retries: 2, ..of(&["[ -f $HERE/again ] || { touch $HERE/again; exit 2; }"]) };
    let run = outcome(&engine, &warehouse, flaky).await;
    assert!(run.status == ScheduleStatus::Succeeded && run.detail.ends_with("at try 2"), "{}", run.detail);

    let partial = Job { retries: 1, ..of(&["echo IBM failed; exit 3", "touch $HERE/after"]) };
    let run = outcome(&engine, &warehouse, partial).await;
    assert_eq!(run.status, ScheduleStatus::Succeeded);
    assert!(
        run.detail.contains("partial after 2 tries") && run.detail.contains("IBM failed"),
        "{}",
        run.detail
    );
    assert!(engine.data.path().join("after").exists());

    let failing =
        Job { retries: 1, ..of(&["echo 'error: no lake' >&2; echo bye; exit 2", "touch $HERE/never"]) };
    let run = outcome(&engine, &warehouse, failing).await;
    assert_eq!(run.status, ScheduleStatus::Failed);
    assert!(run.detail.contains("exit code 2: no lake (2 tries)"), "{}", run.detail);
    assert!(!engine.data.path().join("never").exists());
    let steps = warehouse.pipeline_runs(AsOf::now(&SystemClock)).await.unwrap();
    let failed = steps.iter().find(|step| step.status == "failed").unwrap();
    assert_eq!(failed.pipeline_run_id, "a 2013-01-10T17:00:00Z");
    assert!(failed.detail.contains("no lake"), "{failed:?}");

    let slow = Job { timeout: Duration::from_millis(200), ..of(&["sleep 60 & sleep 60"]) };
    let began = Instant::now();
    let run = outcome(&engine, &warehouse, slow).await;
    assert!(
        run.detail.contains("took longer than") && began.elapsed() < Duration::from_secs(5),
        "{}",
        run.detail
    );
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_the_step_and_the_next_instance_runs_it_again() {
    let (engine, warehouse) = Engine::migrated().await;
    let script = "echo begun >> $HERE/begun; trap 'echo asked >> $HERE/asked; exit 0' TERM; \
                  [ -f $HERE/asked ] || { sleep 60 & wait; }";
    let (first, told) = scheduler(&engine, &warehouse, vec![of(&[script])]);
    let switch = StopSwitch::default();
    let halt = switch.halt();
    let running = tokio::spawn(async move { first.live(Access::Wait, &halt).await });
    while !written(&engine, "begun").contains("begun") {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    switch.stop("SIGTERM");
    assert_eq!(running.await.unwrap().unwrap(), Summary { interrupted: 1, ..Summary::default() });
    assert_eq!(written(&engine, "asked"), "asked\n");
    let rows = on_record(&warehouse).await;
    assert_eq!((rows[0].status, rows[0].attempt), (ScheduleStatus::Interrupted, 1));
    assert!(rows[0].detail.contains("stopped by SIGTERM"), "{}", rows[0].detail);
    assert!(told.lock().unwrap().iter().any(|event| event.starts_with("Began")));

    let (second, _) = scheduler(&engine, &warehouse, vec![of(&[script])]);
    let summary = second.once(Access::Refuse, &StopSwitch::default().halt()).await.unwrap();
    assert_eq!(summary, Summary { succeeded: 1, ..Summary::default() });
    let rows = on_record(&warehouse).await;
    assert_eq!((rows.len(), rows[0].status, rows[0].attempt), (1, ScheduleStatus::Succeeded, 2));
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_lease_kills_the_step_at_once_and_the_run_goes_on_under_another_name() {
    let (engine, warehouse) = Engine::migrated().await;
    let script = "trap '' TERM; echo $$ >> $HERE/pids; [ $(wc -l < $HERE/pids) -gt 1 ] || sleep 60";
    let (live, told) = scheduler(&engine, &warehouse, vec![of(&[script])]);
    let switch = StopSwitch::default();
    let halt = switch.halt();
    let running = tokio::spawn(async move { live.live(Access::Wait, &halt).await });
    let said = |what: &str| told.lock().unwrap().iter().any(|event| event.contains(what));
    let until = async |what: &str| {
        while !said(what) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    until("Began").await;
    let claims = warehouse.lease_claims("schedule").await.unwrap();
    let LeaseClaim { holder, place, lease, .. } = &claims[0];
    warehouse.write_lease_event("schedule", holder, place, LeaseEvent::Release, *lease).await.unwrap();
    until("Interrupted").await;
    let ended = tokio::time::timeout(Duration::from_secs(20), until("Succeeded")).await;
    assert!(ended.is_ok(), "{:?}", told.lock().unwrap());
    switch.stop("SIGTERM");
    let summary = running.await.unwrap().unwrap();
    assert_eq!((summary.interrupted, summary.succeeded), (1, 1));
    let rows = on_record(&warehouse).await;
    assert_eq!((rows[0].status, rows[0].attempt), (ScheduleStatus::Succeeded, 2));
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_is_lived_through_in_order_and_not_twice() {
    let (engine, warehouse) = Engine::migrated().await;
    let jobs: Vec<Job> = defaults()
        .into_iter()
        .map(|job| Job { steps: vec![step(&format!("echo {} $1 >> $HERE/said", job.name))], ..job })
        .collect();
    let (past, _) = scheduler(&engine, &warehouse, jobs);
    let past = Scheduler { clock: Arc::new(FixedClock::at(at("2013-04-01T23:00:00Z"))), ..past };
    let halt = StopSwitch::default().halt();
    // Good Friday was the 29th of March; the week before it daylight saving had begun already.
    let (from, until): (Timestamp, Timestamp) = (at("2013-03-27T00:00:00Z"), at("2013-05-01T00:00:00Z"));
    let summary = past.past(from, until, Access::Refuse, &halt).await.unwrap();
    assert_eq!(summary, Summary { succeeded: 5, ..Summary::default() });
    let (wednesday, thursday) = ("2013-03-27T22:00:00Z", "2013-03-28T22:00:00Z");
    let expected = [
        format!("ingest_daily {wednesday}"),
        format!("ingest_daily {thursday}"),
        format!("train_weekly {thursday}"),
        format!("forecast_weekly {thursday}"),
        "ingest_daily 2013-04-01T22:00:00Z".to_owned(),
    ];
    assert_eq!(written(&engine, "said").lines().collect::<Vec<_>>(), expected);
    let again = past.past(from, until, Access::Refuse, &halt).await.unwrap();
    assert_eq!(again, Summary::default());
    let rows = on_record(&warehouse).await;
    assert!(rows.len() == 5 && rows.iter().all(|row| row.in_past && row.attempt == 1));
    engine.stop().await;
}

//! The built-in scheduler by its command line: what it says of the calendar, a range of the past over a change of daylight saving
//! and a holiday, an instance that is killed in the midst, two at once, and a stop.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use tokio::process::Command;
use weekahead_market::{Calendar, Session};

use crate::platform::{PATIENCE, Platform, Running};
use crate::services::Services;

/// The three jobs at their own times, with steps that take no time.
const JOBS: &str = "[schedule]\nlease_seconds = 10\nsettle_seconds = 1\n\
                    [schedule.jobs.ingest_daily]\nsteps = ['ingest']\nretries = 0\n\
                    [schedule.jobs.train_weekly]\nsteps = ['lake loads']\nretries = 0\n\
                    [schedule.jobs.forecast_weekly]\nsteps = ['warehouse status']\nretries = 0\n";

#[tokio::test]
async fn the_calendar_says_when_jobs_run() {
    let platform = Platform::new();
    let says = async |args: &[&str]| {
        let (code, said, error) = platform.run(args).await;
        assert_eq!(code, 0, "{args:?}: {error}");
        said
    };
    // On 10 March 2013 daylight saving began; 29 March was Good Friday.
    let next = says(&["schedule", "next", "--count", "4", "--as-of", "2013-03-08T22:59:59Z"]).await;
    let lines: Vec<&str> = next.lines().map(str::trim).collect();
    assert!(lines[2].starts_with("2013-03-08 18:00 -05:00") && lines[2].contains("ingest_daily"), "{next}");
    assert!(lines[3].contains("2013-03-08T23:00:00Z") && lines[3].contains("train_weekly"), "{next}");
    assert!(
        lines[5].starts_with("2013-03-11 18:00 -04:00") && lines[5].contains("2013-03-11T22:00:00Z"),
        "{next}"
    );
    let weekly =
        says(&["schedule", "next", "--job", "train_weekly", "--count", "1", "--as-of", "2013-03-23"]).await;
    assert!(weekly.contains("2013-03-28 18:00 -04:00"), "{weekly}");
    // Without a warehouse the list says what it knows.
    let list = says(&["schedule", "list"]).await;
    assert!(list.contains("2h after the close of the week's last session"), "{list}");
    assert!(list.contains("America/New_York") && list.contains("train_weekly"), "{list}");

    for (job, as_of, expected) in [
        ("ingest_daily", "2013-03-28T22:30:00Z", 0),
        ("train_weekly", "2013-03-28T22:30:00Z", 0),
        ("forecast_weekly", "2013-03-29T10:30:00Z", 0),
        ("ingest_daily", "2013-03-29T22:30:00Z", 99),
        ("train_weekly", "2013-03-29T22:30:00Z", 99),
        ("train_weekly", "2013-01-25", 0),
        ("train_weekly", "2013-01-24", 99),
        ("train_daily", "2013-01-25", 2),
    ] {
        let (code, said, error) = platform.run(&["schedule", "due", job, "--as-of", as_of]).await;
        assert_eq!(code, expected, "{job} {as_of}: {said}{error}");
    }
}

#[tokio::test]
async fn a_schedule_that_cannot_be_is_refused_with_what_to_do() {
    let platform = Platform::new();
    let file = platform.home().join("weekahead.toml");
    let wrong = [
        ("jobs.mine = { when = '0 9 30 2 *', steps = ['ingest'] }", "never fires"),
        ("jobs.mine = { when = 'at noon', steps = ['ingest'] }", "write five cron fields"),
        ("jobs.mine = { when = '0 9 * * *', steps = ['ingst'] }", "a similar subcommand exists: 'ingest'"),
        ("jobs.mine = { when = '0 9 * * *', steps = ['serve'] }", "does not end by itself"),
        ("jobs.mine = { when = '0 9 * * *', steps = ['ingest'], after = ['yours'] }", "which is no job"),
        ("jobs.ingest_daily.after = ['forecast_weekly']", "wait for each other"),
        ("time_zone = 'Europe/Paradise'", "is no time zone"),
    ];
    for (setting, what) in wrong {
        std::fs::write(&file, format!("[schedule]\n{setting}\n")).unwrap();
        let (code, _, error) = platform.run(&["schedule", "next", "--config", file.to_str().unwrap()]).await;
        assert!(code == 2 && error.contains(what), "{setting}: {code} {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_is_lived_through_once_whoever_dies_in_between() {
    let began = Instant::now();
    let calendar = Calendar::nyse();
    let session = |text: &str| text.parse::<Session>().unwrap();
    let sessions = calendar.between(session("2012-12-03"), session("2013-04-30"));
    let mut services = Services::with_quotes(sessions);
    std::fs::write(config(&services), JOBS).unwrap();
    services.start(&["lake", "warehouse"]).await;
    services.says(&["warehouse", "migrate"]).await;
    println!("up after {:?}", began.elapsed());

    // Friday the 8th, and Monday the 11th by another offset. The provider is not there yet.
    let mut killed = Running::start(range(&services, "2013-03-08", "2013-03-11"));
    killed.until("runs the schedule").await;
    let step = child_of(killed.child.id().unwrap()).await;
    killed.signal(Signal::SIGKILL);
    killed.end().await;
    until_gone(step).await;
    assert_eq!(on_record(&services).await, ["ingest_daily 2013-03-08 23:00:00 running 1"]);
    println!("killed after {:?}", began.elapsed());

    services.start(&["provider"]).await;
    ingest_tells_what_failed(&services).await;
    let mut second = Running::start(range(&services, "2013-03-08", "2013-03-11"));
    second.until("is dead: its lease is taken").await;
    let (code, said) = second.end().await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("begun again, attempt 2") && said.contains("4 runs succeeded"), "{said}");
    let weekend = [
        "ingest_daily 2013-03-08 23:00:00 succeeded 2",
        "train_weekly 2013-03-08 23:00:00 succeeded 1",
        "forecast_weekly 2013-03-08 23:00:00 succeeded 1",
        "ingest_daily 2013-03-11 22:00:00 succeeded 1",
    ];
    assert_eq!(on_record(&services).await, weekend);
    // Each run stood at its fire time: no bar of a later session is in.
    let steps = services
        .platform
        .query("SELECT count() FROM ops.pipeline_runs FINAL WHERE status = 'succeeded'")
        .await;
    assert_eq!(steps.trim(), "4");
    println!("made up for after {:?}", began.elapsed());

    two_at_once(&services, &weekend).await;
    println!("two at once after {:?}", began.elapsed());
    live(&services).await;
    println!("all in {:?}", began.elapsed());
}

/// Some symbols failed: 3. All did: 2, with what to do.
async fn ingest_tells_what_failed(services: &Services) {
    for (symbols, expected) in [("IBM,NOPE", 3), ("NOPE", 2)] {
        let mut ingest = services.weekahead(&["ingest", "--as-of", "2013-03-07"]);
        let output = ingest.env("WEEKAHEAD_UNIVERSE__SYMBOLS", symbols).output().await.unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(expected), "{symbols}: {error}");
        assert_eq!(error.contains("none of 1 symbols could be pulled"), expected == 2, "{error}");
    }
}

/// Good Friday's week: one of two instances runs it, the other finds nothing left to do.
async fn two_at_once(services: &Services, before: &[&str]) {
    let mut instances = [0, 1].map(|_| Running::start(range(services, "2013-03-28", "2013-04-01")));
    let mut said = Vec::new();
    for instance in &mut instances {
        instance.until("runs the schedule").await;
    }
    for instance in instances {
        let (code, words) = instance.end().await;
        assert_eq!(code, Some(0), "{words}");
        said.push(words);
    }
    let ends = |end: &str| said.iter().filter(|words| words.contains(end)).count();
    assert_eq!((ends("4 runs succeeded"), ends("nothing was due")), (1, 1), "{said:?}");
    let easter = [
        "ingest_daily 2013-03-28 22:00:00 succeeded 1",
        "train_weekly 2013-03-28 22:00:00 succeeded 1",
        "forecast_weekly 2013-03-28 22:00:00 succeeded 1",
        "ingest_daily 2013-04-01 22:00:00 succeeded 1",
    ];
    assert_eq!(on_record(services).await, [before, &easter].concat());
}

/// What is due at present (of jobs that fire once in four years, so that no fire time comes in between) is run once; an instance that goes on says what is next, holds others off, and stops when it is asked to.
async fn live(services: &Services) {
    let jobs = ["ingest_daily", "train_weekly", "forecast_weekly"];
    let rarely: String = jobs
        .map(|job| format!("[schedule.jobs.{job}]\nwhen = '0 0 29 2 *'\nsteps = ['lake loads']\n"))
        .concat();
    std::fs::write(config(services), rarely).unwrap();
    let once = async || {
        let output = scheduler(services, &["--once"]).output().await.unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = once().await;
    assert!(code == Some(0) && said.contains("3 runs succeeded"), "{said}");
    let mut live = Running::start(scheduler(services, &[]));
    live.until("next: ").await;
    let (code, said) = once().await;
    assert!(
        code == Some(2) && said.contains("the schedule is run by") && said.contains("--take-over"),
        "{said}"
    );
    live.signal(Signal::SIGTERM);
    let (code, _) = live.end().await;
    assert_eq!(code, Some(0));
    let (code, said) = once().await;
    assert!(code == Some(0) && said.contains("nothing was due"), "{said}");

    let history = services.says(&["schedule", "history", "--job", "train_weekly"]).await;
    assert!(
        history.contains("2013-03-28 18:00 -04:00") && history.contains("succeeded, in the past"),
        "{history}"
    );
    let list = services.says(&["schedule", "list"]).await;
    assert_eq!(list.matches(" succeeded").count(), 3, "{list}");
    let log = services.platform.home().join("logs/schedule-train_weekly.log");
    assert!(std::fs::read_to_string(log).unwrap().contains("lake loads live"));
}

fn config(services: &Services) -> PathBuf {
    services.platform.home().join("weekahead.toml")
}

fn scheduler(services: &Services, args: &[&str]) -> Command {
    let config = config(services);
    let mut command =
        services.weekahead(&[&["schedule", "run", "--config", config.to_str().unwrap()], args].concat());
    // A step that finds no provider waits for longer than the test does.
    command.env("WEEKAHEAD_PROVIDER__FIRST_DELAY_MS", "60000").env("WEEKAHEAD_UNIVERSE__SINCE", "2012-12-03");
    command
}

fn range(services: &Services, from: &str, to: &str) -> Command {
    scheduler(services, &["--from", from, "--to", to])
}

/// The runs on record, in the order in which they were to run.
async fn on_record(services: &Services) -> Vec<String> {
    let sql = "SELECT job, toDateTime(fires_at), status, attempt FROM ops.schedule_runs FINAL WHERE in_past \
               ORDER BY fires_at, indexOf(['ingest_daily', 'train_weekly', 'forecast_weekly'], toString(job)) FORMAT TSV";
    services.platform.query(sql).await.lines().map(|line| line.replace('\t', " ")).collect()
}

/// The process that another one has started.
async fn child_of(parent: u32) -> u32 {
    let began = Instant::now();
    loop {
        let tasks = std::fs::read_dir(format!("/proc/{parent}/task")).unwrap();
        let children =
            tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("children")).ok());
        let child = children.filter_map(|pids| pids.split_whitespace().next()?.parse().ok()).next();
        if let Some(child) = child {
            return child;
        }
        assert!(began.elapsed() < PATIENCE, "it starts no step");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Returns when a process runs no more; one that nobody fetches does not run.
async fn until_gone(pid: u32) {
    let began = Instant::now();
    let lives =
        || std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "));
    while lives() {
        assert!(began.elapsed() < Duration::from_secs(20), "the step outlives its scheduler");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

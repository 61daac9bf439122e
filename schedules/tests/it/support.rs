//! Jobs, instants, and an engine of its own for each test.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use weekahead_market::Calendar;
use weekahead_schedules::{CatchUp, Event, Job, Rule, Step, Tell};
use weekahead_warehouse::Warehouse;

use crate::engine;

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn rule(when: &str, zone: &str) -> Rule {
    Rule::new(when.parse().unwrap(), TimeZone::get(zone).unwrap(), Arc::new(Calendar::nyse()))
}

/// A job of one step, in New York.
pub fn job(name: &str, when: &str, after: &[&str], catch_up: CatchUp) -> Job {
    Job {
        name: name.to_owned(),
        rule: rule(when, "America/New_York"),
        steps: vec![step("true")],
        after: after.iter().map(|name| (*name).to_owned()).collect(),
        retries: 0,
        retry_delay: Duration::from_millis(1),
        jitter: Duration::ZERO,
        catch_up,
        timeout: Duration::from_secs(60),
        enabled: true,
    }
}

/// A step that a shell runs.
pub fn step(script: &str) -> Step {
    Step { words: vec![script.to_owned()], takes_as_of: true }
}

/// The three jobs that the settings come with.
pub fn defaults() -> Vec<Job> {
    let weekly = "last session of the week close + 2h";
    vec![
        job("ingest_daily", "each session close + 2h", &[], CatchUp::Latest),
        job("train_weekly", weekly, &["ingest_daily"], CatchUp::Latest),
        job("forecast_weekly", weekly, &["train_weekly"], CatchUp::Latest),
    ]
}

/// What was told, a line each.
pub type Told = Arc<Mutex<Vec<String>>>;

/// Somebody who listens, and what was heard.
pub fn listener() -> (Tell, Told) {
    let told = Told::default();
    let heard = Arc::clone(&told);
    let tell: Tell = Arc::new(move |event: Event| heard.lock().unwrap().push(format!("{event:?}")));
    (tell, told)
}

/// A running engine, and a directory for what steps write.
pub struct Engine {
    engine: engine::Engine,
    pub data: tempfile::TempDir,
}

impl Engine {
    /// An engine with our schema.
    pub async fn migrated() -> (Self, Warehouse) {
        let (engine, warehouse) = engine::migrated().await;
        (Self { engine, data: tempfile::tempdir().unwrap() }, warehouse)
    }

    /// Ends the engine: a process that leaves while it runs may crash on its way out.
    pub async fn stop(self) {
        self.engine.stop().await;
    }
}

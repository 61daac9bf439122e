//! Jobs, instants, and an engine of its own for each test.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use weekahead_engine::{EngineConfig, EngineHandle};
use weekahead_market::Calendar;
use weekahead_schedules::{CatchUp, Event, Job, Rule, Step, Tell};
use weekahead_warehouse::{LakeLocation, Warehouse, WarehouseConfig};

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

/// A running engine over a directory of its own.
pub struct Engine {
    handle: EngineHandle,
    pub data: tempfile::TempDir,
}

impl Engine {
    /// An engine with our schema.
    pub async fn migrated() -> (Self, Warehouse) {
        let data = tempfile::tempdir().unwrap();
        let engine = EngineConfig {
            data_dir: data.path().join("warehouse"),
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            libchdb: libchdb(),
            allowed_s3_prefixes: vec!["http://127.0.0.1:9/".to_owned()],
            ..EngineConfig::default()
        };
        let handle = weekahead_engine::serve(engine).await.unwrap();
        let url = format!("http://{}", handle.local_addr());
        let warehouse = Warehouse::new(&WarehouseConfig { url, ..WarehouseConfig::default() }).unwrap();
        let lake = LakeLocation {
            url: "http://127.0.0.1:9/lake/".to_owned(),
            access_key_id: None,
            secret_access_key: None,
        };
        warehouse.migrate(&lake).await.unwrap();
        (Self { handle, data }, warehouse)
    }

    /// Ends the engine: a process that leaves while it runs may crash on its way out.
    pub async fn stop(self) {
        self.handle.shutdown().await;
    }
}

/// The engine's library, which `make test` puts in place.
fn libchdb() -> PathBuf {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.deps/chdb/libchdb.so");
    let path = std::env::var_os("WEEKAHEAD_LIBCHDB").map_or(checkout, PathBuf::from);
    assert!(path.exists(), "{} is missing: run `make test`, or set WEEKAHEAD_LIBCHDB", path.display());
    path
}

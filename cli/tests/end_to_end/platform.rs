//! A platform of its own for each test: its own directory, its own ports.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

/// How long a step may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// A directory with ports that were free a moment ago.
pub struct Platform {
    home: TempDir,
    lake: u16,
    warehouse: u16,
    tracker: u16,
    provider: u16,
    serving: u16,
}

impl Platform {
    pub fn new() -> Self {
        let [lake, warehouse, tracker, provider, serving] = free_ports();
        Self { home: TempDir::new().unwrap(), lake, warehouse, tracker, provider, serving }
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn warehouse_port(&self) -> u16 {
        self.warehouse
    }

    pub fn lake_endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.lake)
    }

    pub fn tracker_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.tracker)
    }

    /// Where quotes are asked for.
    pub fn provider_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.provider)
    }

    /// Where the API is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.serving)
    }

    /// The binary with this platform's settings.
    pub fn weekahead(&self, args: &[&str]) -> Command {
        let root = repository();
        let mut command = Command::new(env!("CARGO_BIN_EXE_weekahead"));
        command
            .args(args)
            .arg("--home")
            .arg(self.home())
            .env("WEEKAHEAD_TOOLS__VENV", venv())
            .env("WEEKAHEAD_TOOLS__LIBCHDB", tool("WEEKAHEAD_LIBCHDB", ".deps/chdb/libchdb.so"))
            .env(
                "WEEKAHEAD_TOOLS__LIBONNXRUNTIME",
                tool("WEEKAHEAD_LIBONNXRUNTIME", ".deps/onnxruntime/libonnxruntime.so"),
            )
            .env("WEEKAHEAD_TOOLS__DBT_PROJECT", root.join("dbt"))
            .env("WEEKAHEAD_LAKE__ENDPOINT", self.lake_endpoint())
            .env("WEEKAHEAD_WAREHOUSE__URL", format!("http://127.0.0.1:{}", self.warehouse))
            .env("WEEKAHEAD_TRACKER__URL", self.tracker_url())
            .env("WEEKAHEAD_PROVIDER__URL", format!("http://127.0.0.1:{}", self.provider))
            .env("WEEKAHEAD_SERVING__ADDR", format!("127.0.0.1:{}", self.serving))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs a command to its end: exit code, standard output, standard error.
    pub async fn run(&self, args: &[&str]) -> (i32, String, String) {
        let output = self.weekahead(args).output().await.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
    }

    /// Asks the warehouse in a format of ClickHouse's.
    pub async fn query(&self, sql: &str) -> String {
        let url = format!("http://127.0.0.1:{}/", self.warehouse);
        let answer = reqwest::Client::new().post(url).body(sql.to_owned()).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{sql}: {text}");
        text
    }

    /// Posts to the API.
    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("http://127.0.0.1:{}{path}", self.serving);
        let answer = reqwest::Client::new().post(url).json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Gets from the API.
    pub async fn get(&self, path: &str) -> (u16, String) {
        let url = format!("http://127.0.0.1:{}{path}", self.serving);
        let answer = reqwest::get(url).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// The process number of a service.
    pub fn pid_of(&self, service: &str) -> Pid {
        let file = self.home().join("run").join(format!("{service}.json"));
        let json: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        Pid::from_raw(i32::try_from(json["pid"].as_i64().unwrap()).unwrap())
    }

    /// Returns when nothing listens on any of the ports.
    pub async fn until_silent(&self) {
        let started = Instant::now();
        for port in [self.lake, self.warehouse, self.tracker, self.provider, self.serving] {
            while TcpListener::bind(("127.0.0.1", port)).is_err() {
                assert!(started.elapsed() < Duration::from_secs(60), "port {port} is still taken: an orphan");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }

    /// What the tables say, without what differs between any two runs: ids of loads and runs.
    pub async fn digests(&self) -> Vec<(String, String)> {
        const TABLES: [&str; 9] = [
            "staging.stg_bars",
            "marts.bars",
            "marts.prices",
            "features.weekly_core",
            "forecasts.forecasts",
            "forecasts.backtests",
            "ops.promotions",
            "marts.forecast_accuracy",
            "marts.leaderboard",
        ];
        // A sum of floats depends in its last bits on how many parts its rows were written in.
        const SUMMED: [&str; 2] = ["marts.forecast_accuracy", "marts.leaderboard"];
        const ROUNDED: &str = "if(type LIKE '%Float64%', concat('round(', name, ', 12)'), name)";
        let mut digests = Vec::new();
        for table in TABLES {
            let (database, name) = table.split_once('.').unwrap();
            let columns = self
                .query(&format!(
                    "SELECT {} FROM system.columns WHERE database = '{database}' AND table = '{name}' \
                     AND name NOT IN ('load_id', 'load_ids', 'run_id') ORDER BY name FORMAT TSV",
                    if SUMMED.contains(&table) { ROUNDED } else { "name" }
                ))
                .await;
            let columns: Vec<&str> = columns.lines().collect();
            assert!(!columns.is_empty(), "{table} has no columns");
            let of = format!("{table}{}", if database == "marts" { "" } else { " FINAL" });
            let hash =
                format!("SELECT count(), sum(cityHash64(toString(tuple({})))) FROM {of}", columns.join(", "));
            digests.push((table.to_owned(), self.query(&hash).await));
        }
        digests
    }
}

/// A running command, followed by what it says on standard error.
pub struct Running {
    pub child: Child,
    stderr: Lines<BufReader<ChildStderr>>,
    said: Vec<String>,
}

impl Running {
    pub fn start(mut command: Command) -> Self {
        // Nobody reads standard output while the command is followed: a full pipe would hold it up.
        let mut child = command.stdout(Stdio::null()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, stderr, said: Vec::new() }
    }

    /// Reads on until a line that holds a text.
    pub async fn until(&mut self, text: &str) {
        let reading = async {
            while let Some(line) = self.stderr.next_line().await.unwrap() {
                self.said.push(line.clone());
                if line.contains(text) {
                    return;
                }
            }
            panic!("it ended before it said `{text}`:\n{}", self.said.join("\n"));
        };
        tokio::time::timeout(PATIENCE, reading).await.unwrap_or_else(|_| panic!("it never said `{text}`"));
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().unwrap().cast_signed()), signal).unwrap();
    }

    /// Waits for the end: the exit code, `None` when it was killed, and all it said.
    pub async fn end(mut self) -> (Option<i32>, String) {
        while let Ok(Some(line)) = self.stderr.next_line().await {
            self.said.push(line);
        }
        (self.child.wait().await.unwrap().code(), self.said.join("\n"))
    }
}

pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

pub fn venv() -> PathBuf {
    tool("WEEKAHEAD_VENV", ".venv")
}

/// What `make setup` brings, or a variable names.
pub fn tool(variable: &str, default: &str) -> PathBuf {
    let path = std::env::var_os(variable).map_or_else(|| repository().join(default), PathBuf::from);
    assert!(path.exists(), "{} is missing: `make setup` brings it", path.display());
    path
}

/// Ports that are free, differ, and are not of those that the system gives to connections: a platform that is killed must find
/// its own again.
fn free_ports<const N: usize>() -> [u16; N] {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 12_000 + (std::process::id() % 1_900) as u16 * 10;
    std::array::from_fn(|_| {
        loop {
            let port = first + NEXT.fetch_add(1, Ordering::Relaxed);
            if TcpListener::bind(("127.0.0.1", port)).is_ok() {
                return port;
            }
        }
    })
}

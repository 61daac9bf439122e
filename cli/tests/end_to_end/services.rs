//! The services of a platform as processes of the test's own: each can be killed and started again, which a supervisor would not
//! outlive.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use jiff::Timestamp;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use weekahead_market::{Calendar, Session};

use crate::mlflow;
use crate::platform::{PATIENCE, Platform};

/// Who is forecast.
pub const SYMBOLS: [&str; 3] = ["AAPL", "IBM", "MSFT"];

/// The name of the file of quotes below the home directory.
const QUOTES: &str = "quotes.csv";

/// A platform, and which of its services run.
pub struct Services {
    pub platform: Platform,
    running: BTreeMap<&'static str, Child>,
}

impl Services {
    /// A platform whose provider has quotes of these sessions; nothing runs yet.
    pub fn with_quotes(sessions: &[Session]) -> Self {
        let platform = Platform::new();
        std::fs::write(platform.home().join(QUOTES), quotes(sessions)).unwrap();
        Self { platform, running: BTreeMap::new() }
    }

    /// The binary with this platform's settings and universe.
    pub fn weekahead(&self, args: &[&str]) -> Command {
        let mut command = self.platform.weekahead(args);
        command
            .env("WEEKAHEAD_UNIVERSE__SYMBOLS", SYMBOLS.join(","))
            .env("WEEKAHEAD_SERVING__FOLLOW_SECONDS", "1")
            .env("WEEKAHEAD_PROVIDER__REQUESTS_PER_SECOND", "0");
        command
    }

    /// Runs a command to its end, which must be a good one; what it printed.
    pub async fn says(&self, args: &[&str]) -> String {
        let output = self.weekahead(args).output().await.unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {error}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Starts services side by side, and returns when each answers.
    pub async fn start(&mut self, names: &[&'static str]) {
        names.iter().for_each(|name| self.spawn(name));
        for name in names {
            self.until_up(name).await;
        }
    }

    /// Starts a service and does not wait for it.
    pub fn spawn(&mut self, name: &'static str) {
        let mut command = self.command(name);
        let log = File::options().create(true).append(true).open(self.log(name)).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).process_group(0);
        self.running.insert(name, command.spawn().unwrap());
    }

    /// Returns when a service answers, whatever it says.
    pub async fn until_up(&self, name: &str) {
        let url = self.url(name);
        let answers = async {
            while reqwest::get(&url).await.is_err() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let answered = tokio::time::timeout(PATIENCE, answers).await;
        assert!(answered.is_ok(), "{name}: {}", std::fs::read_to_string(self.log(name)).unwrap());
    }

    /// Kills a service with all its workers: it has no time for a last word.
    pub async fn kill(&mut self, name: &str) {
        let mut service = self.running.remove(name).unwrap();
        kill_group(&service);
        service.wait().await.unwrap();
    }

    /// What a service has said.
    fn log(&self, name: &str) -> PathBuf {
        self.platform.home().join(format!("{name}.log"))
    }

    fn command(&self, name: &str) -> Command {
        let provider = self.platform.provider_url();
        match name {
            "lake" => self.weekahead(&["lake", "serve"]),
            "warehouse" => self.weekahead(&["warehouse", "serve"]),
            "serving" => self.weekahead(&["serve"]),
            "provider" => {
                let quotes = self.platform.home().join(QUOTES);
                let addr = provider.trim_start_matches("http://");
                self.weekahead(&["replay-provider", "--addr", addr, "--quotes", quotes.to_str().unwrap()])
            }
            _ => self.tracker(),
        }
    }

    /// MLflow as the supervisor starts it, but for its lifeline.
    fn tracker(&self) -> Command {
        let url = self.platform.tracker_url();
        let database = self.platform.home().join("mlflow.db");
        let mut command = mlflow::tool("mlflow");
        command
            .args([
                "server",
                "--host",
                "127.0.0.1",
                "--workers",
                "1",
                "--artifacts-destination",
                "s3://lake/mlflow",
            ])
            .args(["--port", url.rsplit(':').next().unwrap()])
            .args(["--backend-store-uri", &format!("sqlite:///{}", database.display())])
            .env("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false")
            .env("MLFLOW_S3_ENDPOINT_URL", self.platform.lake_endpoint())
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "weekahead")
            .env("AWS_SECRET_ACCESS_KEY", "weekahead-local");
        command
    }

    /// Where a service is asked whether it is there.
    fn url(&self, name: &str) -> String {
        match name {
            "lake" => self.platform.lake_endpoint(),
            "warehouse" => format!("http://127.0.0.1:{}/ping", self.platform.warehouse_port()),
            "serving" => format!("{}/healthz", self.platform.url()),
            "provider" => self.platform.provider_url(),
            _ => format!("{}/health", self.platform.tracker_url()),
        }
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        self.running.values().for_each(kill_group);
    }
}

fn kill_group(service: &Child) {
    if let Some(pid) = service.id() {
        let _ = killpg(Pid::from_raw(pid.cast_signed()), Signal::SIGKILL);
    }
}

/// The sessions of the last years, up to the one that closed last.
pub fn recent_sessions(count: i64) -> Vec<Session> {
    let calendar = Calendar::nyse();
    let last = calendar.last_closed(Timestamp::now()).unwrap();
    calendar.between(calendar.offset(last, 1 - count).unwrap(), last).to_vec()
}

/// Prices that wander, the same in every run but for their dates.
fn quotes(sessions: &[Session]) -> String {
    let mut text = "symbol,date,open,high,low,close,volume\n".to_owned();
    for (number, symbol) in SYMBOLS.iter().enumerate() {
        let (mut close, mut dice) = (100.0, 7 + number as u64);
        for session in sessions {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let step = ((dice >> 33) % 401) as f64 / 10_000.0 - 0.02;
            let open = close;
            close *= 1.0 + step;
            let (high, low) = (open.max(close) * 1.003, open.min(close) * 0.997);
            let volume = 1_000 + (dice >> 40) % 1_000;
            writeln!(text, "{symbol},{session},{open:.4},{high:.4},{low:.4},{close:.4},{volume}").unwrap();
        }
    }
    text
}

//! What stock MLflow, in Python, reads and serves of ours.

use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::platform::{PATIENCE, Platform, venv};

/// Runs, metrics by fold, pictures, data sets and versions are where MLflow's client looks for them.
pub async fn reads_the_session(platform: &Platform) {
    python(&["tracking.py", &platform.tracker_url()]).await;
}

/// What a model says of the rows of an origin: `models:/..`, or the address of a server of models.
pub async fn predictions(platform: &Platform, model: &str, origin: &str) -> Value {
    let port = platform.warehouse_port().to_string();
    let text = python(&["predict.py", &platform.tracker_url(), &port, origin, model]).await;
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

/// Our server answers MLflow's protocol as `server` does, and Triton's clients, with this version of a registered model.
pub async fn speaks_the_protocols(platform: &Platform, server: &ModelServer, model: &str, version: &str) {
    python(&["protocols.py", &platform.tracker_url(), &platform.url(), &server.url, model, version]).await;
}

/// Every number of an answer of the API is MLflow's; quantiles as long as no outcome has adapted them.
pub fn agrees(answer: &Value, mlflow: &Value) {
    let adapted = answer["intervals"]["outcomes"].as_u64().unwrap() > 0;
    for forecast in answer["forecasts"].as_array().unwrap() {
        let symbol = forecast["symbol"].as_str().unwrap();
        assert_eq!(forecast["log_return"].as_f64(), mlflow[symbol]["y"].as_f64(), "{symbol}");
        let ours = forecast["quantiles"].as_array().unwrap().iter();
        let ours: Vec<_> = ours.map(|quantile| quantile["log_return"].as_f64()).collect();
        let theirs = mlflow[symbol]["quantiles"].as_array().unwrap().iter();
        let theirs: Vec<_> = theirs.map(Value::as_f64).collect();
        assert_eq!(ours.len(), theirs.len(), "{symbol}");
        assert_eq!(ours != theirs, adapted, "{symbol}: {ours:?} {theirs:?}");
    }
}

/// A running `mlflow models serve`, stopped when it is dropped.
pub struct ModelServer {
    pub url: String,
    child: Child,
}

impl ModelServer {
    /// Serves a model from the platform's registry, and returns when it answers.
    pub async fn start(platform: &Platform, model: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = tool("mlflow");
        command
            .args(["models", "serve", "-m", model, "--env-manager", "local", "--workers", "1"])
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .env("MLFLOW_TRACKING_URI", platform.tracker_url())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0);
        let server = Self { url: format!("http://127.0.0.1:{port}"), child: command.spawn().unwrap() };
        let ping = format!("{}/ping", server.url);
        let answers = async {
            while !reqwest::get(&ping).await.is_ok_and(|answer| answer.status().is_success()) {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(PATIENCE, answers).await.expect("`mlflow models serve` never answered");
        server
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        // Its web server is a child in the same group.
        if let Some(pid) = self.child.id() {
            let _ = killpg(Pid::from_raw(pid.cast_signed()), Signal::SIGKILL);
        }
    }
}

/// Runs a script beside this file and returns what it printed.
async fn python(args: &[&str]) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/end_to_end");
    let output = tool("python").current_dir(folder).args(args).output().await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// A program of the Python environment, which finds the others there.
pub fn tool(name: &str) -> Command {
    let bin = venv().join("bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(bin.clone()).chain(std::env::split_paths(&path));
    let mut command = Command::new(bin.join(name));
    command
        .env("PATH", std::env::join_paths(folders).unwrap())
        .env("MLFLOW_DISABLE_TELEMETRY", "true")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

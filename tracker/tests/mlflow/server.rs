//! A real MLflow server over a temporary directory, stopped with all its workers when dropped.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tempfile::TempDir;

/// A server that lives as long as this value.
pub struct MlflowServer {
    /// Its address.
    pub url: String,
    process: Child,
    directory: TempDir,
}

const LONGEST_START: Duration = Duration::from_secs(90);

impl MlflowServer {
    /// Starts a server on a free port and waits until it answers.
    pub fn start() -> MlflowServer {
        let directory = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = File::create(directory.path().join("log")).unwrap();
        let process = offline(Command::new(venv("mlflow")))
            .arg("server")
            .args(["--backend-store-uri", &format!("sqlite:///{}/mlflow.db", directory.path().display())])
            .arg("--artifacts-destination")
            .arg(directory.path().join("artifacts"))
            .args(["--host", "127.0.0.1", "--workers", "1", "--port", &port.to_string()])
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .process_group(0)
            .spawn()
            .unwrap();
        let mut server = MlflowServer { url: format!("http://127.0.0.1:{port}"), process, directory };
        server.wait_until_healthy(port);
        server
    }

    fn wait_until_healthy(&mut self, port: u16) {
        let began = Instant::now();
        while !is_healthy(port) {
            let ended = self.process.try_wait().unwrap();
            if ended.is_some() || began.elapsed() > LONGEST_START {
                let log = fs::read_to_string(self.directory.path().join("log")).unwrap_or_default();
                panic!("mlflow did not come up ({ended:?}):\n{log}");
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for MlflowServer {
    fn drop(&mut self) {
        let group = Pid::from_raw(self.process.id().cast_signed());
        let _ = killpg(group, Signal::SIGKILL);
        let _ = self.process.wait();
    }
}

/// A program of the project's virtual environment.
pub fn venv(program: &str) -> PathBuf {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../.venv");
    let venv = std::env::var("WEEKAHEAD_VENV").unwrap_or_else(|_| root.to_owned());
    let path = PathBuf::from(venv).join("bin").join(program);
    assert!(path.exists(), "{} is missing: run `make setup`, or set WEEKAHEAD_VENV", path.display());
    path
}

/// Keeps MLflow's Python from calling home.
pub fn offline(mut command: Command) -> Command {
    command.envs([
        ("MLFLOW_DISABLE_TELEMETRY", "true"),
        ("DO_NOT_TRACK", "true"),
        ("GIT_PYTHON_REFRESH", "quiet"),
        ("NO_PROXY", "127.0.0.1"),
        ("no_proxy", "127.0.0.1"),
    ]);
    command
}

fn is_healthy(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
    let mut answer = String::new();
    stream.write_all(b"GET /health HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n").is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}

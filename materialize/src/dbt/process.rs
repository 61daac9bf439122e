//! The Python process that dbt runs in, one run after the other.

use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::Dbt;
use crate::{Error, Result};

/// Takes a run from each line of standard input, one at a time on a warehouse, and cannot outlive whoever started it.
const WORKER: &str = include_str!("worker.py");

/// A dbt that waits for runs.
#[derive(Debug)]
pub(super) struct Process {
    // Killed on drop.
    _child: Child,
    runs: ChildStdin,
    events: Lines<BufReader<ChildStdout>>,
    /// The last line of standard error.
    complaint: Arc<Mutex<String>>,
    lives: bool,
}

/// How a run ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) success: bool,
    /// What was said besides events.
    pub(super) said: String,
    /// Whether the process is there for another run.
    pub(super) alive: bool,
}

/// The last line of a run.
#[derive(Deserialize)]
struct EndLine {
    run_ended: RunEnded,
}

#[derive(Deserialize)]
struct RunEnded {
    success: bool,
    said: String,
}

impl Process {
    /// Starts Python; dbt is imported while the first run is sent.
    pub(super) fn start(dbt: &Dbt) -> Result<Self> {
        let lock = dbt.target.join("lock");
        let no_place = |source| Error::Lock { path: lock.clone(), source };
        std::fs::create_dir_all(&dbt.target).map_err(no_place)?;
        let missing = |source| Error::DbtMissing { program: dbt.python.clone(), source };
        let mut child = Command::new(&dbt.python)
            .args(["-c", WORKER])
            .arg(&lock)
            .envs(dbt.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(missing)?;
        let no_pipe = || missing(std::io::Error::other("it has no standard streams"));
        let runs = child.stdin.take().ok_or_else(no_pipe)?;
        let events = BufReader::new(child.stdout.take().ok_or_else(no_pipe)?).lines();
        let complaint = Arc::<Mutex<String>>::default();
        let mut errors = BufReader::new(child.stderr.take().ok_or_else(no_pipe)?).lines();
        let heard = Arc::clone(&complaint);
        // Ends with the pipe, and so with the process.
        tokio::spawn(async move {
            while let Ok(Some(line)) = errors.next_line().await {
                if !line.trim().is_empty() {
                    *heard.lock().unwrap_or_else(PoisonError::into_inner) = line;
                }
            }
        });
        Ok(Self { _child: child, runs, events, complaint, lives: true })
    }

    pub(super) fn lives(&self) -> bool {
        self.lives
    }

    /// One run; every line it says but the last is passed on.
    pub(super) async fn run(&mut self, arguments: &[String], mut hear: impl FnMut(&str)) -> Ended {
        let asked = format!("{}\n", serde_json::json!(arguments));
        let sent = self.runs.write_all(asked.as_bytes()).await;
        while let (true, Ok(Some(line))) = (sent.is_ok(), self.events.next_line().await) {
            match serde_json::from_str::<EndLine>(&line) {
                Ok(EndLine { run_ended: RunEnded { success, said } }) => {
                    return Ended { success, said, alive: true };
                }
                Err(_) => hear(&line),
            }
        }
        self.lives = false;
        let said = self.complaint.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ended { success: false, said, alive: false }
    }
}

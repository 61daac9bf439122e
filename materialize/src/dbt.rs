//! Runs dbt as a subprocess and reads its events, so that a failure names the model.

use std::path::PathBuf;
use std::process::Stdio;

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;

use crate::{Error, Result};

/// How to run dbt: where it is, on what project, against which warehouse.
#[derive(Debug, Clone)]
pub struct Dbt {
    /// The dbt program.
    pub program: PathBuf,
    /// The project's directory; its profiles lie in `profiles/`.
    pub project: PathBuf,
    /// Where dbt keeps its artifacts: manifests, results, compiled SQL.
    pub target: PathBuf,
    /// What the profile reads: `WEEKAHEAD_WAREHOUSE_HOST` and so on.
    pub env: Vec<(String, String)>,
}

/// One model, seed or test that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DbtNode {
    /// dbt's unique id, such as `model.weekahead.bars`.
    pub id: String,
    /// dbt's word for its end: `success`, `pass`, `warn`, `error`, `fail`, `skipped`.
    pub status: String,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DbtProgress {
    /// Nodes that have ended.
    pub done: u64,
    /// Nodes in all.
    pub whole: u64,
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DbtReport {
    /// The nodes in the order in which they ended.
    pub nodes: Vec<DbtNode>,
}

impl DbtReport {
    /// How many nodes of a kind (`model`, `test`, `seed`) ended well.
    pub fn count(&self, kind: &str) -> usize {
        let of_kind = |node: &&DbtNode| node.id.split('.').next() == Some(kind);
        self.nodes.iter().filter(of_kind).filter(|node| node.status != "skipped").count()
    }
}

impl Dbt {
    /// Runs `dbt <command> <args>` to its end, telling of progress on the way.
    ///
    /// # Errors
    /// [`Error::DbtNode`] with the first node that failed, [`Error::Dbt`] when the run did not get that far,
    /// [`Error::DbtMissing`] when there is no dbt.
    pub async fn run(
        &self,
        command: &str,
        args: &[&str],
        mut progress: impl FnMut(DbtProgress),
    ) -> Result<DbtReport> {
        let _lock = self.lock().await?;
        let mut child = self.command(command, args).spawn().map_err(|source| self.missing(source))?;
        let mut tail = Transcript::default();
        let mut stderr = child.stderr.take();
        let errors = async {
            let mut text = String::new();
            if let Some(stream) = stderr.as_mut() {
                let _ = stream.read_to_string(&mut text).await;
            }
            text
        };
        let events = async {
            let Some(stdout) = child.stdout.take() else { return };
            let mut lines = BufReader::new(stdout).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some(step) = tail.read(&line) {
                    progress(step);
                }
            }
        };
        let (said, ()) = tokio::join!(errors, events);
        let status = child.wait().await.map_err(|source| self.missing(source))?;
        tail.conclude(status.success(), &said)
    }

    /// Two runs on one warehouse would meet in dbt's temporary tables: the second waits.
    async fn lock(&self) -> Result<std::fs::File> {
        let target = self.target.clone();
        let path = target.join("lock");
        let locked = tokio::task::spawn_blocking(move || {
            std::fs::create_dir_all(&target)?;
            let file = std::fs::File::create(target.join("lock"))?;
            file.lock()?;
            Ok(file)
        });
        let failed = |source| Error::Lock { path, source };
        locked.await.unwrap_or_else(|error| Err(std::io::Error::other(error))).map_err(failed)
    }

    fn command(&self, command: &str, args: &[&str]) -> Command {
        let mut dbt = Command::new(&self.program);
        dbt.args(["--no-version-check", "--log-format", "json", "--log-level", "info", command])
            .args(args)
            .arg("--project-dir")
            .arg(&self.project)
            .arg("--profiles-dir")
            .arg(self.project.join("profiles"))
            .arg("--target-path")
            .arg(&self.target)
            .arg("--log-path")
            .arg(&self.target)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        dbt
    }

    fn missing(&self, source: std::io::Error) -> Error {
        Error::DbtMissing { program: self.program.clone(), source }
    }
}

/// What dbt has said so far.
#[derive(Debug, Default)]
struct Transcript {
    report: DbtReport,
    failures: Vec<(DbtNode, String)>,
    /// dbt explains a failure after the line of the node that failed.
    explanation: Option<String>,
}

impl Transcript {
    /// Takes one line of dbt's standard output; lines that are no events are ignored.
    fn read(&mut self, line: &str) -> Option<DbtProgress> {
        let Event { info, data } = serde_json::from_str(line).ok()?;
        if info.level == "error" && info.name.ends_with("Error") {
            let said = data.msg.or(data.exc).unwrap_or_else(|| info.msg.clone());
            self.explanation.get_or_insert(said);
        }
        let node =
            data.node_info.filter(|_| info.name.starts_with("Log") && info.name.ends_with("Result"))?;
        let status = data.status.unwrap_or(node.node_status).to_lowercase();
        let status = status.split_whitespace().next().unwrap_or_default().to_owned();
        let ended = DbtNode { id: node.unique_id, status };
        if matches!(ended.status.as_str(), "error" | "fail") {
            self.failures.push((ended.clone(), info.msg));
        }
        self.report.nodes.push(ended);
        let whole = data.total.or(data.num_models)?;
        Some(DbtProgress { done: self.report.nodes.len() as u64, whole })
    }

    fn conclude(self, success: bool, stderr: &str) -> Result<DbtReport> {
        if success {
            return Ok(self.report);
        }
        let failed = self.failures.len();
        let explained = self.explanation;
        match self.failures.into_iter().next() {
            Some((node, line)) => {
                let message = explained.unwrap_or(line);
                Err(Error::DbtNode { node: node.id, status: node.status, message, failed })
            }
            None => {
                let last = stderr.lines().rev().find(|line| !line.trim().is_empty()).map(str::to_owned);
                Err(Error::Dbt { message: explained.or(last).unwrap_or_else(|| "it gave no reason".into()) })
            }
        }
    }
}

#[derive(Debug, Deserialize)]
struct Event {
    info: EventInfo,
    #[serde(default)]
    data: EventData,
}

#[derive(Debug, Deserialize)]
struct EventInfo {
    name: String,
    level: String,
    #[serde(default)]
    msg: String,
}

#[derive(Debug, Default, Deserialize)]
struct EventData {
    node_info: Option<NodeInfo>,
    status: Option<String>,
    total: Option<u64>,
    num_models: Option<u64>,
    msg: Option<String>,
    exc: Option<String>,
}

#[derive(Debug, Deserialize)]
struct NodeInfo {
    unique_id: String,
    #[serde(default)]
    node_status: String,
}

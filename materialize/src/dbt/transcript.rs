//! dbt's events, read line by line, so that a failure names the model.

use serde::Deserialize;

use super::{DbtNode, DbtProgress, DbtReport};
use crate::{Error, Result};

/// What dbt has said so far.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    report: DbtReport,
    failures: Vec<(DbtNode, String)>,
    /// dbt explains a failure after the line of the node that failed.
    explanation: Option<String>,
}

impl Transcript {
    /// Takes one line of dbt's standard output; lines that are no events are ignored.
    pub(super) fn read(&mut self, line: &str) -> Option<DbtProgress> {
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

    pub(super) fn conclude(self, success: bool, stderr: &str) -> Result<DbtReport> {
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

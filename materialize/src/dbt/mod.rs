//! Runs dbt in a process that stays: its start costs seconds, a build after that a fraction of them.

mod process;
mod transcript;

use std::path::PathBuf;

use process::Process;
use transcript::Transcript;

use crate::Result;

/// How to run dbt: by which Python, on what project, against which warehouse.
#[derive(Debug, Clone)]
pub struct Dbt {
    /// The Python that has dbt.
    pub python: PathBuf,
    /// The project's directory; its profiles lie in `profiles/`.
    pub project: PathBuf,
    /// Where dbt keeps its artifacts: manifests, results, compiled SQL.
    pub target: PathBuf,
    /// What the profile reads: `WEEKAHEAD_WAREHOUSE_HOST` and so on.
    pub env: Vec<(String, String)>,
}

/// A dbt that is started by its first run and kept for the next ones. Dropping it stops it.
#[derive(Debug)]
pub struct WarmDbt {
    dbt: Dbt,
    process: Option<Process>,
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
    /// The same, to be run more than once. Nothing is started yet.
    pub fn warm(self) -> WarmDbt {
        WarmDbt { dbt: self, process: None }
    }

    /// A command line of dbt's, without the program.
    fn arguments(&self, command: &str, args: &[&str]) -> Vec<String> {
        let paths = [
            ("--project-dir", self.project.clone()),
            ("--profiles-dir", self.project.join("profiles")),
            ("--target-path", self.target.clone()),
            ("--log-path", self.target.clone()),
        ];
        // The manifest and the results as JSON files are for other tools: writing them takes longer than many a model.
        let globals =
            ["--no-version-check", "--no-write-json", "--log-format", "json", "--log-level", "info"];
        let words = globals.into_iter().chain([command]).chain(args.iter().copied()).map(str::to_owned);
        words
            .chain(paths.into_iter().flat_map(|(flag, path)| [flag.to_owned(), path.display().to_string()]))
            .collect()
    }
}

impl WarmDbt {
    /// Runs `dbt <command> <args>` to its end, telling of progress on the way. Where it is given up, dbt is stopped, and
    /// started again by the next run.
    ///
    /// # Errors
    /// [`crate::Error::DbtNode`] with the first node that failed, [`crate::Error::Dbt`] when the run did not get that far,
    /// [`crate::Error::DbtMissing`] when there is no dbt.
    pub async fn run(
        &mut self,
        command: &str,
        args: &[&str],
        mut progress: impl FnMut(DbtProgress),
    ) -> Result<DbtReport> {
        let mut process = match self.process.take().filter(Process::lives) {
            Some(process) => process,
            None => Process::start(&self.dbt)?,
        };
        let mut transcript = Transcript::default();
        let hear = |line: &str| {
            if let Some(step) = transcript.read(line) {
                progress(step);
            }
        };
        let ended = process.run(&self.dbt.arguments(command, args), hear).await;
        if ended.alive {
            self.process = Some(process);
        }
        transcript.conclude(ended.success, &ended.said)
    }
}

//! The peers: Python scripts in environments of their own, which say in one line how they did.

use std::path::PathBuf;
use std::process::Command;

use anyhow::bail;
use serde::{Deserialize, Serialize};

/// What a contender measured of itself.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Said {
    /// Rows of its answer.
    pub rows: u64,
    /// Seconds of the counted work alone.
    pub seconds: f64,
    /// The largest resident memory of its largest process, in bytes.
    pub peak_rss_bytes: u64,
}

/// Where the peers' environments are.
#[derive(Debug)]
pub struct Peers {
    /// A folder with a Python environment for each of `bench/peers/requirements-*.txt`.
    pub environments: PathBuf,
}

impl Peers {
    /// A script of `bench/peers` in an environment.
    pub fn command(&self, environment: &str, script: &str) -> anyhow::Result<Command> {
        let python = self.environments.join(environment).join("bin/python");
        if !python.exists() {
            bail!("{} is missing: `make bench` brings it", python.display());
        }
        let mut command = Command::new(python);
        command.args(["-W", "ignore"]).arg(format!("bench/peers/{script}"));
        Ok(command)
    }
}

//! One supervised process.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::process::{ChildStdin, Command};

use super::{Service, leftover, lifeline};

/// How long a service may take until it answers: Python on a busy machine is slow.
const START_PATIENCE: Duration = Duration::from_secs(180);
/// How long a service may take to stop by itself.
const STOP_PATIENCE: Duration = Duration::from_secs(15);

/// A running service.
#[derive(Debug)]
pub struct Child {
    service: Service,
    process: tokio::process::Child,
    /// Dropping it asks the service to stop. Kept apart: waiting for a process closes the input it still has.
    lifeline: Option<ChildStdin>,
    run: PathBuf,
    log: PathBuf,
}

impl Child {
    /// Starts a service in a process group of its own, so that Ctrl-C reaches the supervisor first.
    pub fn spawn(service: Service, home: &Path) -> anyhow::Result<Self> {
        service.port_is_free()?;
        let (run, log) = (home.join("run"), home.join("logs").join(format!("{}.log", service.name)));
        let output = File::options().create(true).append(true).open(&log);
        let output = output.with_context(|| format!("cannot write {}", log.display()))?;
        let mut process = Command::new(&service.program)
            .args(&service.args)
            .envs(service.env.iter().map(|(name, value)| (name, value)))
            .env(lifeline::VARIABLE, "1")
            .stdin(Stdio::piped())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {} ({})", service.name, service.program.display()))?;
        let lifeline = process.stdin.take();
        let child = Self { service, process, lifeline, run, log };
        if let Some(pid) = child.process.id() {
            leftover::record(&child.run, child.service.name, pid)?;
        }
        tracing::debug!(service = child.service.name, pid = child.process.id(), "started");
        Ok(child)
    }

    /// Returns when the service answers; an error when it ends or stays silent.
    pub async fn until_healthy(&mut self) -> anyhow::Result<()> {
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build()?;
        let started = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait()? {
                bail!("{}", self.obituary(&format!("ended at its start ({status})")));
            }
            if self.service.answers(&client).await {
                return Ok(());
            }
            if started.elapsed() > START_PATIENCE {
                bail!("{}", self.obituary("does not answer"));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Returns with a message when the process has ended.
    pub async fn ended(&mut self) -> String {
        let status = self.process.wait().await;
        self.obituary(&status.map_or_else(|e| e.to_string(), |s| format!("ended unexpectedly ({s})")))
    }

    /// Stops the service: first by its lifeline, then by SIGTERM, at last by force.
    pub async fn stop(mut self) {
        drop(self.lifeline.take());
        let group = self.process.id().map(|pid| Pid::from_raw(pid.cast_signed()));
        for signal in [None, Some(Signal::SIGTERM), Some(Signal::SIGKILL)] {
            if let (Some(signal), Some(pid)) = (signal, self.process.id()) {
                tracing::warn!(service = self.service.name, %signal, "does not stop by itself");
                let _ = killpg(Pid::from_raw(pid.cast_signed()), signal);
            }
            if tokio::time::timeout(STOP_PATIENCE, self.process.wait()).await.is_ok() {
                break;
            }
        }
        if let Some(group) = group {
            // What the leader left behind in its group has no one to stop it any more.
            let _ = killpg(group, Signal::SIGKILL);
        }
        leftover::forget(&self.run, self.service.name);
    }

    fn obituary(&self, what: &str) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let last = log.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("its log is empty");
        format!("{} {what}: {} (whole log: {})", self.service.name, last.trim(), self.log.display())
    }
}

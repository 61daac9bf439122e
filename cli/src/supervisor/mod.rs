//! Runs the embedded services as child processes: a health-checked start, logs in files, an ordered stop.
//!
//! Invariant: no child outlives its supervisor. Each child holds the reading end of a pipe, its lifeline; when
//! the supervisor ends, however it ends, the lifeline closes and the child stops by itself. What survives even that
//! (a child that was stopped by force together with its supervisor) is found by its process file at the next start.

mod child;
mod leftover;
mod lifeline;
mod lock;
mod service;

use std::path::{Path, PathBuf};

use anyhow::bail;

use child::Child;
pub use lifeline::{follow_scheduler, stop_requested, stop_signal};
pub use lock::InstanceLock;
pub use service::Service;

/// The running services of one home directory.
#[derive(Debug)]
pub struct Supervisor {
    home: PathBuf,
    children: Vec<Child>,
    // Held for its release on drop: one supervisor a home.
    _lock: InstanceLock,
}

impl Supervisor {
    /// Takes the home directory for this process and stops what an earlier one left behind.
    pub fn new(home: &Path) -> anyhow::Result<Self> {
        let lock = InstanceLock::take(home)?;
        leftover::stop_all(&home.join("run"))?;
        std::fs::create_dir_all(home.join("logs"))?;
        Ok(Self { home: home.to_owned(), children: Vec::new(), _lock: lock })
    }

    /// Starts services side by side and returns when each one answers its health check.
    pub async fn start(&mut self, services: Vec<Service>) -> anyhow::Result<()> {
        for service in services {
            self.children.push(Child::spawn(service, &self.home)?);
        }
        let started = futures::future::try_join_all(self.children.iter_mut().map(Child::until_healthy)).await;
        if let Err(error) = started {
            self.stop().await;
            return Err(error);
        }
        Ok(())
    }

    /// Returns when a child has ended that should not have: the error says which and shows the end of its log.
    pub async fn watch(&mut self) -> anyhow::Result<()> {
        if self.children.is_empty() {
            std::future::pending::<()>().await;
        }
        let ended =
            futures::future::select_all(self.children.iter_mut().map(|child| Box::pin(child.ended()))).await;
        bail!("{}", ended.0)
    }

    /// Stops the children in the reverse order of their start.
    pub async fn stop(&mut self) {
        while let Some(child) = self.children.pop() {
            child.stop().await;
        }
    }
}

//! Children that outlived their supervisor: found by the files in `run/`, stopped at the next start.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

/// What a process file says: enough to tell the child from a stranger that was given its number later.
#[derive(Debug, Serialize, Deserialize)]
struct ProcessFile {
    pid: i32,
    /// The kernel's start time of the process; `None` where the system does not tell.
    started: Option<u64>,
    /// Which boot of the machine that counts from.
    boot: Option<String>,
}

/// Where the process file of a child lies.
pub fn process_file(run: &Path, name: &str) -> PathBuf {
    run.join(format!("{name}.json"))
}

/// Writes down a child.
pub fn record(run: &Path, name: &str, pid: u32) -> anyhow::Result<()> {
    let file = ProcessFile { pid: pid.cast_signed(), started: start_time(pid.cast_signed()), boot: boot() };
    std::fs::write(process_file(run, name), serde_json::to_vec(&file)?)
        .with_context(|| format!("cannot write into {}", run.display()))
}

/// Forgets a child that has ended.
pub fn forget(run: &Path, name: &str) {
    let _ = std::fs::remove_file(process_file(run, name));
}

/// Stops every child that is written down and still the same process.
pub fn stop_all(run: &Path) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(run).with_context(|| format!("cannot read {}", run.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            // A torn file names no process; there is nothing to stop.
            if let Ok(file) = serde_json::from_slice::<ProcessFile>(&std::fs::read(&path)?) {
                stop(&file);
            }
            std::fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn stop(file: &ProcessFile) {
    let group = Pid::from_raw(file.pid);
    // Where the system does not say who a number belongs to, a stranger must not be stopped by mistake.
    let known = file.started.is_some() && file.boot.is_some() && file.boot == boot();
    let same = known && start_time(file.pid) == file.started;
    // The leader may be gone while its workers live on in the group, whose number cannot be reused meanwhile.
    let leader_gone = known && kill(group, None).is_err();
    if !(same || leader_gone) || killpg(group, None).is_err() {
        return;
    }
    tracing::info!(pid = file.pid, "stopping a service that an earlier run left behind");
    let _ = killpg(group, Signal::SIGTERM);
    let started = Instant::now();
    while killpg(group, None).is_ok() && started.elapsed() < FORCE_AFTER + GIVE_UP_AFTER {
        if started.elapsed() > FORCE_AFTER {
            let _ = killpg(group, Signal::SIGKILL);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// How long a leftover may take to stop by itself.
const FORCE_AFTER: Duration = Duration::from_secs(10);
/// How long a stopped one may stay in the process table: nobody may be there to reap it.
const GIVE_UP_AFTER: Duration = Duration::from_secs(5);

/// The machine's current boot.
fn boot() -> Option<String> {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()
}

/// Field 22 of `/proc/<pid>/stat`: clock ticks after boot.
fn start_time(pid: i32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the command in parentheses and may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(19)?.parse().ok()
}

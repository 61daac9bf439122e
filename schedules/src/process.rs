//! A step as a process: its log, its time, its end.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use weekahead_market::{AsOf, Clock, SystemClock};

use crate::{Error, Halt, Job, Result, Step, Stop};

/// The variable by which a step is told that its standard input is a lifeline: it ends when that closes.
pub const LIFELINE: &str = "WEEKAHEAD_STEP_LIFELINE";

/// How long a step may take to stop after it was asked to.
const STOP_PATIENCE: Duration = Duration::from_secs(30);

/// The program whose commands the steps are.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its file.
    pub file: PathBuf,
    /// What comes before the words of a step.
    pub args: Vec<OsString>,
    /// Variables beside the inherited ones.
    pub env: Vec<(String, String)>,
    /// The directory of the logs.
    pub logs: PathBuf,
}

/// How a step ended.
#[derive(Debug)]
pub enum Ending {
    /// By itself, with an exit code.
    Exited(i32),
    /// By a signal of somebody else.
    Signalled(String),
    /// It took too long and was stopped.
    TimedOut,
    /// It was stopped with the scheduler.
    Stopped(Stop),
}

/// How a step ended, and its last words.
#[derive(Debug)]
pub struct Ended {
    pub ending: Ending,
    /// The last line that tells an error, or the last one.
    pub last_line: String,
}

impl Program {
    /// The log of a job.
    pub fn log(&self, job: &str) -> PathBuf {
        self.logs.join(format!("schedule-{job}.log"))
    }

    /// Runs a step to its end, which comes at the latest with its job's time limit or when the scheduler stops.
    pub async fn run(&self, job: &Job, step: &Step, as_of: Option<AsOf>, halt: &Halt) -> Result<Ended> {
        let path = self.log(&job.name);
        let (log, begin) = open(&path, &format!("{} {}", step.name(), spelled(as_of)))
            .map_err(|source| Error::Process { action: format!("write {}", path.display()), source })?;
        let failed = |source| Error::Process { action: format!("start {}", self.file.display()), source };
        let output = log.try_clone().map_err(failed)?;
        let mut command = Command::new(&self.file);
        command.args(&self.args).args(&step.words);
        if let Some(as_of) = as_of.filter(|_| step.takes_as_of) {
            command.arg("--as-of").arg(as_of.to_string());
        }
        command
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .env(LIFELINE, "1")
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(log)
            .process_group(0)
            .kill_on_drop(true);
        let mut group = Group::new(command.spawn().map_err(failed)?);
        let ending = tokio::select! {
            status = group.wait() => told(&status),
            () = tokio::time::sleep(job.timeout) => {
                group.stop().await;
                Ending::TimedOut
            }
            stop = halt.halted() => {
                match stop {
                    Stop::Asked(_) => group.stop().await,
                    Stop::Lost(_) => group.kill().await,
                }
                Ending::Stopped(stop)
            }
        };
        Ok(Ended { ending, last_line: last_line(&path, begin) })
    }
}

fn spelled(as_of: Option<AsOf>) -> String {
    as_of.map_or_else(|| "live".to_owned(), |as_of| format!("as of {as_of}"))
}

fn told(status: &std::io::Result<ExitStatus>) -> Ending {
    match status {
        Ok(status) => match status.code() {
            Some(code) => Ending::Exited(code),
            None => Ending::Signalled(status.to_string()),
        },
        Err(error) => Ending::Signalled(error.to_string()),
    }
}

/// A step with whatever it has started itself: all of it ends together, also when this is dropped.
struct Group {
    child: Child,
    group: Option<Pid>,
}

impl Group {
    fn new(child: Child) -> Self {
        let group = child.id().map(|pid| Pid::from_raw(pid.cast_signed()));
        Self { child, group }
    }

    /// Waits with the lifeline open: waiting for a process closes the input it still has.
    async fn wait(&mut self) -> std::io::Result<ExitStatus> {
        let lifeline = self.child.stdin.take();
        let status = self.child.wait().await;
        drop(lifeline);
        self.group = None;
        status
    }

    /// Asks it to stop, and makes it.
    async fn stop(&mut self) {
        self.signal(Signal::SIGTERM);
        if tokio::time::timeout(STOP_PATIENCE, self.child.wait()).await.is_err() {
            tracing::warn!("a step does not stop by itself");
        }
        self.kill().await;
    }

    /// Ends it at once.
    async fn kill(&mut self) {
        self.signal(Signal::SIGKILL);
        let _ = self.child.wait().await;
        self.group = None;
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            let _ = killpg(group, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
    }
}

/// Opens a log at its end and writes a headline; where the step's own words begin.
fn open(path: &Path, headline: &str) -> std::io::Result<(File, u64)> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut log = File::options().create(true).append(true).open(path)?;
    writeln!(log, "--- {} {headline}", SystemClock.now().strftime("%Y-%m-%dT%H:%M:%SZ"))?;
    let begin = log.metadata()?.len();
    Ok((log, begin))
}

/// The last line after a place that tells an error, or the last one at all.
fn last_line(path: &Path, begin: u64) -> String {
    /// As much as is read of a long log.
    const TAIL_BYTES: u64 = 65_536;
    let read = || -> std::io::Result<String> {
        let mut log = File::open(path)?;
        let begin = begin.max(log.metadata()?.len().saturating_sub(TAIL_BYTES));
        log.seek(SeekFrom::Start(begin))?;
        let mut bytes = Vec::new();
        log.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    last_words(&read().unwrap_or_default())
}

fn last_words(said: &str) -> String {
    const LONGEST: usize = 600;
    let lines = || said.lines().rev().map(str::trim).filter(|line| !line.is_empty());
    let error = lines().find_map(|line| line.strip_prefix("error: "));
    let line = error.or_else(|| lines().next()).unwrap_or_default();
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}\u{2026}", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::last_words;

    #[test]
    fn an_error_is_told_before_what_comes_after_it() {
        assert_eq!(last_words("asking ...\nerror: no lake\n  bye\n\n"), "no lake");
        assert_eq!(last_words("asking ...\n5 rows\n\n"), "5 rows");
        assert_eq!(last_words(""), "");
        assert_eq!(last_words(&"x".repeat(900)).chars().count(), 601);
    }
}

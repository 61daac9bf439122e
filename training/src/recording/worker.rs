//! Who works on a session, so that others can tell whether anybody still does.

use std::collections::BTreeMap;
use std::fs;

use jiff::{SignedDuration, Timestamp};
use weekahead_market::{Clock, SystemClock};

use super::runs::tags;

const HOST_TAG: &str = "weekahead.host";
const PID_TAG: &str = "weekahead.pid";
const PROCESS_TAG: &str = "weekahead.process_start";
const OPENED_TAG: &str = "weekahead.opened_at";
/// How long a session on another machine may take.
const ELSEWHERE: SignedDuration = SignedDuration::from_hours(24);

/// A process on a machine, at a moment of the wall clock.
#[derive(Debug, Clone)]
pub(super) struct Worker {
    host: String,
    pid: u32,
    now: Timestamp,
    /// When a process began, as its system tells; `None` when there is none, or when the system does not tell.
    started: fn(u32) -> Option<String>,
}

impl Worker {
    /// This process. By the wall clock, whatever the session's own clock says: processes live there.
    pub(super) fn this() -> Self {
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned();
        Self { host, pid: std::process::id(), now: SystemClock.now(), started }
    }

    /// What tells this process from all others.
    pub(super) fn tags(&self) -> BTreeMap<String, String> {
        tags([
            (HOST_TAG, self.host.clone()),
            (PID_TAG, self.pid.to_string()),
            (PROCESS_TAG, (self.started)(self.pid).unwrap_or_default()),
            (OPENED_TAG, self.now.to_string()),
        ])
    }
}

/// Why a session with these tags is dead; `None` when it lives, or when nothing tells.
pub(super) fn is_dead(tags: &BTreeMap<String, String>, here: &Worker) -> Option<String> {
    let tag = |name| tags.get(name).map(String::as_str).filter(|text: &&str| !text.is_empty());
    let (host, pid) = (tag(HOST_TAG)?, tag(PID_TAG)?);
    // A machine that does not tell when its processes began is like another one.
    if host == here.host && (here.started)(here.pid).is_some() {
        let began = tag(PROCESS_TAG)?;
        let lives = (here.started)(pid.parse().ok()?).is_some_and(|started| started == began);
        return (!lives).then(|| format!("its process {pid} on {host} is gone"));
    }
    let opened: Timestamp = tag(OPENED_TAG)?.parse().ok()?;
    let old = here.now.duration_since(opened) > ELSEWHERE;
    old.then(|| format!("it was begun on {host} at {opened}, more than 24 hours ago, and never ended"))
}

/// The boot of the machine, and clock ticks from it: field 22 of `/proc/<pid>/stat`.
fn started(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the command in parentheses and may hold anything.
    let ticks = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.to_owned();
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(format!("{} {ticks}", boot.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2013-01-25T12:00:00Z";

    fn worker(host: &str, pid: u32, now: &str) -> Worker {
        let started = |pid| (pid < 10).then(|| format!("boot {pid}"));
        Worker { host: host.to_owned(), pid, now: now.parse().unwrap(), started }
    }

    #[test]
    fn a_session_is_dead_when_its_process_is_gone() {
        let here = worker("a", 1, NOW);
        assert_eq!(is_dead(&worker("a", 2, NOW).tags(), &here), None);
        let mut ended = worker("a", 2, NOW).tags();
        ended.insert(PID_TAG.to_owned(), "12".to_owned());
        assert_eq!(is_dead(&ended, &here).as_deref(), Some("its process 12 on a is gone"));
        // The number is another process's by now.
        let mut reused = worker("a", 2, NOW).tags();
        reused.insert(PID_TAG.to_owned(), "3".to_owned());
        assert!(is_dead(&reused, &here).is_some());
    }

    #[test]
    fn on_other_machines_a_day_must_have_passed() {
        let here = worker("a", 1, NOW);
        assert_eq!(is_dead(&worker("b", 12, "2013-01-24T12:00:01Z").tags(), &here), None);
        let reason = is_dead(&worker("b", 12, "2013-01-24T11:00:00Z").tags(), &here);
        assert!(reason.is_some_and(|reason| reason.contains("on b")));
        assert_eq!(is_dead(&BTreeMap::new(), &here), None);
    }

    #[test]
    fn this_process_lives() {
        let here = Worker::this();
        assert_eq!(is_dead(&here.tags(), &here), None);
    }
}

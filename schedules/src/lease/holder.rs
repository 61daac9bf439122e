//! Who an instance is, and whether another one on this machine is gone.

use std::process;

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::{Pid, gethostname};
use uuid::Uuid;

/// An instance of the scheduler, for one time that it holds the lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its name, as host:pid:random.
    pub id: String,
    /// Where and since when its process runs: boot, process table and start time; empty where the system does not tell.
    pub place: String,
}

impl Holder {
    /// This process, under a new name.
    pub fn of_this_process() -> Self {
        let host = gethostname().ok().and_then(|name| name.into_string().ok());
        // The name is split at its colons.
        let host = host.unwrap_or_else(|| "host".to_owned()).replace(':', "_");
        let random = Uuid::new_v4().simple().to_string();
        let place = place(process::id().cast_signed()).unwrap_or_default();
        Self { id: format!("{host}:{}:{}", process::id(), &random[..8]), place }
    }
}

/// Whether a holder's process ran on this machine, in this process table, and does no more.
pub fn is_gone(id: &str, place_then: &str) -> bool {
    let pid = id.rsplit(':').nth(1).and_then(|pid| pid.parse::<i32>().ok());
    let (Some(pid), Some(here)) = (pid.filter(|pid| *pid > 0), table()) else { return false };
    if !place_then.starts_with(&here) {
        return false;
    }
    match kill(Pid::from_raw(pid), None) {
        Err(Errno::ESRCH) => true,
        // The number may be another's by now, or of a process that has ended and that nobody has fetched.
        _ => place(pid).is_none_or(|place| place != place_then),
    }
}

/// Boot and process table of this machine: numbers of processes mean the same only within both.
fn table() -> Option<String> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let table = std::fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{} {} ", boot.trim(), table.display()))
}

/// The same with the start time of a process that lives.
fn place(pid: i32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the command in parentheses and may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let is_dead = matches!(fields.first(), Some(&"Z" | &"X"));
    let started = fields.get(19).filter(|_| !is_dead)?;
    Some(format!("{}{started}", table()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_gone_when_it_was_here_and_is_no_more() {
        let me = Holder::of_this_process();
        assert!(!is_gone(&me.id, &me.place));
        assert!(!is_gone(&me.id, ""), "nobody knows where it runs");
        assert!(!is_gone("host:1:abc", "another boot 1"), "it runs on another machine");
        if let Some(here) = table() {
            assert!(is_gone("host:999999999:abc", &format!("{here}1")));
            assert!(is_gone(&me.id, &format!("{here}1")), "its number is another's by now");
        }
    }
}

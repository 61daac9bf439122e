//! Contenders and servers as processes, with their memory.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use serde::de::DeserializeOwned;

/// How long a server may take to listen: Python on a busy machine is slow.
const START_PATIENCE: Duration = Duration::from_secs(180);

/// A server that is stopped when this drops.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Where it listens.
    pub addr: SocketAddr,
}

impl Server {
    /// Starts a server and waits until it accepts connections.
    pub fn start(mut command: Command, addr: SocketAddr) -> anyhow::Result<Self> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut server = Self { child, addr };
        let started = Instant::now();
        while TcpStream::connect(addr).is_err() {
            if let Some(status) = server.child.try_wait()? {
                bail!("{command:?} ended at its start: {status}");
            }
            if started.elapsed() > START_PATIENCE {
                bail!("{command:?} does not listen on {addr}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    /// Its process number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The largest resident memory so far, in bytes.
    pub fn peak_bytes(&self) -> u64 {
        memory_bytes(self.child.id(), "VmHWM").unwrap_or(0)
    }

    /// That of the server and of all processes that come from it, each at its own worst, in bytes.
    pub fn family_peak_bytes(&self) -> u64 {
        family(self.child.id()).into_iter().filter_map(|pid| memory_bytes(pid, "VmHWM")).sum()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server with its workers, all of which end with it.
#[derive(Debug)]
pub struct Family(Server);

impl Family {
    /// Starts a server that starts workers, and waits until it accepts connections.
    pub fn start(mut command: Command, addr: SocketAddr) -> anyhow::Result<Self> {
        command.process_group(0);
        Server::start(command, addr).map(Self)
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.pid());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
    }
}

/// A finished process.
#[derive(Debug)]
pub struct Finished {
    /// Wall seconds from start to end.
    pub seconds: f64,
    /// The largest resident memory seen, in bytes.
    pub peak_bytes: u64,
    /// What it printed.
    pub stdout: String,
}

impl Finished {
    /// What it measured of itself: its last line, in JSON.
    pub fn said<T: DeserializeOwned>(&self) -> anyhow::Result<T> {
        let line = self.stdout.lines().last().context("the contender said nothing")?;
        serde_json::from_str(line).with_context(|| format!("the contender said `{line}`"))
    }
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> anyhow::Result<Finished> {
    let started = Instant::now();
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (pid, ended) = (child.id(), AtomicBool::new(false));
    let (output, seconds, peak_bytes) = std::thread::scope(|scope| {
        let watch = scope.spawn(|| watch(pid, &ended));
        let output = child.wait_with_output();
        let seconds = started.elapsed().as_secs_f64();
        ended.store(true, Ordering::Relaxed);
        let peak = watch.join().map_err(|_| anyhow!("lost sight of {command:?}"))?;
        anyhow::Ok((output?, seconds, peak))
    })?;
    if !output.status.success() {
        let args: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy()).collect();
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{} {} failed: {said}", command.get_program().to_string_lossy(), args.join(" "));
    }
    Ok(Finished { seconds, peak_bytes, stdout: String::from_utf8(output.stdout).context("not text")? })
}

/// A loopback address that was free a moment ago.
pub fn free_addr() -> anyhow::Result<SocketAddr> {
    free_addrs().map(|[addr]| addr)
}

/// Loopback addresses that were free a moment ago, all different: they are held at the same time.
pub fn free_addrs<const N: usize>() -> anyhow::Result<[SocketAddr; N]> {
    let listeners: Vec<TcpListener> =
        (0..N).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<Result<_, _>>()?;
    let addrs: Vec<SocketAddr> = listeners.iter().map(TcpListener::local_addr).collect::<Result<_, _>>()?;
    addrs.try_into().map_err(|_| anyhow!("cannot bind {N} addresses"))
}

/// A figure of a process's memory, in bytes: `VmHWM` the largest so far, `VmRSS` now.
pub fn memory_bytes(pid: u32, figure: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':'))?;
    Some(line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()? * 1024)
}

/// A process and all that come from it.
fn family(pid: u32) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let running = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let with_parents: Vec<(u32, u32)> = running.filter_map(|child| Some((child, parent(child)?))).collect();
    let mut members = vec![pid];
    let mut at = 0;
    while let Some(member) = members.get(at).copied() {
        members.extend(with_parents.iter().filter(|(_, parent)| *parent == member).map(|(child, _)| child));
        at += 1;
    }
    members
}

fn parent(pid: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:")?.trim().parse().ok())
}

fn watch(pid: u32, ended: &AtomicBool) -> u64 {
    let mut peak = 0;
    while !ended.load(Ordering::Relaxed) {
        peak = peak.max(memory_bytes(pid, "VmHWM").unwrap_or(0));
        std::thread::sleep(Duration::from_millis(5));
    }
    peak
}

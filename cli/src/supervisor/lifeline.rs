//! How a service learns that it should stop: a signal, or the end of the process that started it.

use std::io::Read;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::{getpgrp, getpid};
use tokio::signal::unix::{SignalKind, signal};

/// The variable by which a supervisor tells a child that its standard input is a lifeline.
pub const VARIABLE: &str = "WEEKAHEAD_LIFELINE";

/// Returns at Ctrl-C, at SIGTERM, or when the lifeline of a supervised process closes.
pub async fn stop_requested() {
    tokio::select! {
        _ = stop_signal() => {}
        () = lifeline_closed() => {}
    }
}

/// Returns at Ctrl-C or at SIGTERM, and says which.
pub async fn stop_signal() -> Signal {
    let mut terminate = match signal(SignalKind::terminate()) {
        Ok(stream) => stream,
        Err(error) => {
            tracing::warn!(%error, "SIGTERM cannot be caught; Ctrl-C still stops this process");
            let _ = tokio::signal::ctrl_c().await;
            return Signal::SIGINT;
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => Signal::SIGINT,
        _ = terminate.recv() => Signal::SIGTERM,
    }
}

/// In a process that the scheduler has started as a step: has it stopped, with all that it has started, when the scheduler is gone.
/// A scheduler that was killed cannot stop its steps, and the next instance would run them beside those that are left.
pub fn follow_scheduler() {
    if std::env::var_os(weekahead_schedules::LIFELINE).is_none() {
        return;
    }
    std::thread::spawn(|| {
        wait_for_end();
        let own = getpid();
        let _ = if getpgrp() == own { killpg(own, Signal::SIGTERM) } else { kill(own, Signal::SIGTERM) };
    });
}

async fn lifeline_closed() {
    if std::env::var_os(VARIABLE).is_none() {
        std::future::pending::<()>().await;
    }
    let (closed, wait) = tokio::sync::oneshot::channel();
    // A thread of its own: a blocking read on the runtime's pool would hold up the process's end.
    std::thread::spawn(move || {
        wait_for_end();
        let _ = closed.send(());
    });
    let _ = wait.await;
}

/// Returns when standard input has come to its end.
fn wait_for_end() {
    let mut sink = [0; 64];
    while matches!(std::io::stdin().read(&mut sink), Ok(n) if n > 0) {}
}

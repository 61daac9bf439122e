//! How a service learns that it should stop: a signal, or the end of the process that started it.

use std::io::Read;

use nix::sys::signal::Signal;
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

async fn lifeline_closed() {
    if std::env::var_os(VARIABLE).is_none() {
        std::future::pending::<()>().await;
    }
    let (closed, wait) = tokio::sync::oneshot::channel();
    // A thread of its own: a blocking read on the runtime's pool would hold up the process's end.
    std::thread::spawn(move || {
        let mut sink = [0; 64];
        while matches!(std::io::stdin().read(&mut sink), Ok(n) if n > 0) {}
        let _ = closed.send(());
    });
    let _ = wait.await;
}

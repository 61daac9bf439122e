//! Why a run has to stop in the midst of it.

use std::fmt;

use tokio::sync::watch;

/// Why a run has to stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// Somebody asked for it: steps may end in order.
    Asked(String),
    /// Another instance may run by now: steps must end at once.
    Lost(String),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked(by) => write!(f, "stopped by {by}"),
            Self::Lost(reason) => write!(f, "the lease was lost: {reason}"),
        }
    }
}

/// Asks the scheduler to stop.
#[derive(Debug, Clone)]
pub struct StopSwitch(watch::Sender<Option<String>>);

impl Default for StopSwitch {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl StopSwitch {
    /// Asks, and says by what: `SIGTERM`.
    pub fn stop(&self, by: &str) {
        self.0.send_replace(Some(by.to_owned()));
    }

    /// What stops when it is asked to.
    pub fn halt(&self) -> Halt {
        Halt { asked: self.0.subscribe(), lost: None }
    }
}

/// Tells when to stop.
#[derive(Debug, Clone)]
pub struct Halt {
    asked: watch::Receiver<Option<String>>,
    lost: Option<watch::Receiver<Option<String>>>,
}

impl Halt {
    /// The same, and when a lease is lost.
    pub fn or_lost(&self, lost: watch::Receiver<Option<String>>) -> Self {
        Self { asked: self.asked.clone(), lost: Some(lost) }
    }

    /// Whether to stop now.
    pub fn now(&self) -> Option<Stop> {
        let lost = self.lost.as_ref().and_then(|lost| lost.borrow().clone());
        lost.map(Stop::Lost).or_else(|| self.asked.borrow().clone().map(Stop::Asked))
    }

    /// Returns when it is time to stop.
    pub async fn halted(&self) -> Stop {
        let asked = said(Some(self.asked.clone()));
        tokio::select! {
            biased;
            reason = said(self.lost.clone()) => Stop::Lost(reason),
            by = asked => Stop::Asked(by),
        }
    }
}

/// What is said, once something is; never, where nobody is left who could.
async fn said(words: Option<watch::Receiver<Option<String>>>) -> String {
    let Some(mut words) = words else { return std::future::pending().await };
    match words.wait_for(Option::is_some).await.map(|words| words.clone()) {
        Ok(Some(words)) => words,
        _ => std::future::pending().await,
    }
}

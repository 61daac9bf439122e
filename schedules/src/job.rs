//! One job: when it runs, what it does, and what happens when it cannot.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::Rule;

/// What is done about fire times that passed while no instance ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CatchUp {
    /// Each of them is run, in order.
    All,
    /// The latest is run, the others are skipped.
    #[default]
    Latest,
    /// All are skipped.
    None,
}

/// One command of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its words, without the program.
    pub words: Vec<String>,
    /// Whether it can be told to stand in the past.
    pub takes_as_of: bool,
}

impl Step {
    /// The words as they are typed.
    pub fn name(&self) -> String {
        self.words.join(" ")
    }
}

/// A job of the schedule.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its name.
    pub name: String,
    /// When it fires.
    pub rule: Rule,
    /// What it does, in order.
    pub steps: Vec<Step>,
    /// Jobs whose occurrences up to its own fire time must have ended.
    pub after: Vec<String>,
    /// How often a step is tried again.
    pub retries: u32,
    /// The wait before the second try; it doubles each time.
    pub retry_delay: Duration,
    /// The longest delay after the fire time.
    pub jitter: Duration,
    /// What is done about missed fire times.
    pub catch_up: CatchUp,
    /// How long one try of a step may take.
    pub timeout: Duration,
    /// Whether it runs at all.
    pub enabled: bool,
}

impl Job {
    /// The delay of a fire time: between nothing and [`jitter`](Self::jitter), and the same in every process.
    pub fn delay(&self, fires_at: Timestamp) -> SignedDuration {
        let longest = u64::try_from(self.jitter.as_millis()).unwrap_or(u64::MAX);
        let hash = xxh3_64(format!("{} {}", self.name, fires_at.as_microsecond()).as_bytes());
        let millis = hash % longest.saturating_add(1);
        SignedDuration::from_millis(i64::try_from(millis).unwrap_or(0))
    }

    /// When the run of a fire time begins at the earliest.
    pub fn begins_at(&self, fires_at: Timestamp) -> Timestamp {
        fires_at.checked_add(self.delay(fires_at)).unwrap_or(fires_at)
    }

    /// The wait before a try: none before the first one, then it doubles, up to an hour.
    pub fn wait_before(&self, attempt: u32) -> Duration {
        const LONGEST: Duration = Duration::from_secs(3_600);
        let doublings = match attempt.checked_sub(2) {
            None => return Duration::ZERO,
            Some(doublings) => doublings.min(20),
        };
        self.retry_delay.saturating_mul(1 << doublings).min(LONGEST.max(self.retry_delay))
    }
}

//! What the scheduler has to say while it runs.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use weekahead_warehouse::ScheduleRun;

use crate::lease::Held;

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// Another instance holds the lease; this one waits.
    Waiting(Held),
    /// The lease was taken from another instance, which is dead or has some time to notice.
    Took {
        /// Who had it.
        from: Held,
        /// How long it has to stop what it does.
        notice: Duration,
    },
    /// This instance holds the lease.
    Holding {
        /// Its name.
        holder: String,
    },
    /// The lease was lost; what ran was stopped.
    Lost {
        /// Why.
        reason: String,
    },
    /// The warehouse does not answer; it is tried again.
    Away {
        /// What it said.
        reason: String,
    },
    /// A run has begun.
    Began(ScheduleRun),
    /// A step of a run is to be tried again.
    Retry {
        /// The job.
        job: String,
        /// The run's fire time.
        fires_at: Timestamp,
        /// The step, and why it failed.
        reason: String,
        /// How long it waits.
        wait: Duration,
    },
    /// A run has ended, or will not be begun.
    Ended(ScheduleRun),
    /// Nothing is due; the next run.
    Next {
        /// The job.
        job: String,
        /// When it fires.
        fires_at: Timestamp,
    },
}

/// Who listens.
pub type Tell = Arc<dyn Fn(Event) + Send + Sync>;

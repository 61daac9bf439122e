//! The lease: one instance runs the schedule, the others wait.
//!
//! ClickHouse has no compare-and-set, so claims are rows that the server's clock stamps. Who wants the lease writes a claim, waits
//! longer than an insert may take, and reads all claims: the first live one, by time and then by name, holds the lease. Signs of
//! life extend it. A lapsed claim stays lapsed: whoever has lost the lease comes back under another name.
//!
//! # Timing
//! Let an insert that counts take no longer than `settle` from its sending to its acknowledgement; a slower one is not counted by
//! its sender. Then a claim that was stamped before ours is seen by our read, since that begins `settle` after our own claim was
//! stamped. A holder counts its lease from when it sent its last sign of life, others count it from when the server stamped it, and
//! `settle` longer: the holder stops before anyone else begins. No two clocks are compared, but for the server's with itself; only
//! that they go equally fast is assumed. On a cluster, `settle` has to be longer than replicas lag and their clocks differ.
//!
//! Where that is violated (a server whose clock is set back by more than `settle`, a process that is frozen between its look at the
//! clock and a step's next write), two instances run for a while. Every step is idempotent, so that this costs work and changes
//! nothing: a load that was committed twice is one version of each bar, features and forecasts that were written twice are one.

mod acquire;
mod beat;
mod holder;
mod moment;
mod standing;

pub use acquire::{Access, Lease};
pub use holder::Holder;
pub use standing::{Held, holding};

use std::time::Duration;

use crate::{Error, Result};

/// How long what counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseTimes {
    length: Duration,
    settle: Duration,
}

impl LeaseTimes {
    /// A lease that runs out `length` after its last sign of life; an insert that takes longer than `settle` does not count.
    ///
    /// # Errors
    /// [`Error::LeaseTimes`] where a heartbeat would have no time to be tried again, or a dead instance would hold on for hours.
    pub fn new(length: Duration, settle: Duration) -> Result<Self> {
        const LONGEST: Duration = Duration::from_secs(3_600);
        let wrong = |reason: String| Err(Error::LeaseTimes { reason });
        if settle.is_zero() {
            return wrong("settle_seconds is 0, and an insert takes some time".to_owned());
        }
        if length < settle * 5 || length > LONGEST {
            let (length, settle) = (length.as_secs(), settle.as_secs_f64());
            return wrong(format!(
                "lease_seconds = {length} is not between 5 times settle_seconds ({settle}) and 3600"
            ));
        }
        Ok(Self { length, settle })
    }

    /// How long a sign of life counts.
    pub fn length(self) -> Duration {
        self.length
    }

    /// The time between two signs of life.
    fn heartbeat(self) -> Duration {
        self.length / 4
    }

    /// The time between two looks of one that waits.
    fn poll(self) -> Duration {
        (self.length / 12).min(Duration::from_secs(5))
    }
}

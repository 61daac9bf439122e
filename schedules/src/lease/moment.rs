//! How much time has passed, also while the machine slept.

use std::time::{Duration, Instant};

use weekahead_market::{Clock, SystemClock};

/// A moment of this process.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    steady: Instant,
    wall: jiff::Timestamp,
}

impl Moment {
    /// This one.
    pub fn now() -> Self {
        Self { steady: Instant::now(), wall: SystemClock.now() }
    }

    /// The time since then: the longer one of what two clocks say, since a steady clock may stand still while a machine sleeps, and
    /// the wall's may be set back. A clock that is set forth costs a lease, which is claimed anew.
    pub fn elapsed(&self) -> Duration {
        let wall = SystemClock.now().duration_since(self.wall);
        self.steady.elapsed().max(Duration::try_from(wall).unwrap_or(Duration::ZERO))
    }
}

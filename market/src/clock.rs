//! The only door through which wall time enters.

use jiff::Timestamp;

/// Tells the present. Injected everywhere, so that the platform can be run at any moment of history.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still, for tests and for replays of history.
///
/// ```
/// use weekahead_market::{Clock, FixedClock};
/// let clock = FixedClock::at("2013-01-25T22:00:00Z".parse().unwrap());
/// assert_eq!(clock.now(), clock.now());
/// ```
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(Timestamp);

impl FixedClock {
    /// Stands at `instant` for ever.
    pub fn at(instant: Timestamp) -> Self {
        Self(instant)
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

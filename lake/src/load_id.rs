//! The name of a load: unique without asking anybody, and in order of time.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};
use weekahead_market::Clock;

/// A load's name: a UUIDv7, so that names sort by the clock's milliseconds.
///
/// ```
/// use weekahead_lake::LoadId;
/// use weekahead_market::FixedClock;
/// let clock = FixedClock::at("2013-01-25T23:00:00Z".parse().unwrap());
/// let id = LoadId::new(&clock);
/// assert_ne!(id, LoadId::new(&clock));
/// assert_eq!(id.started_at().to_string(), "2013-01-25T23:00:00Z");
/// assert_eq!(id.to_string().parse(), Ok(id));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LoadId(Uuid);

impl LoadId {
    /// A new name at the clock's present; the rest is random, so that nobody else takes it.
    pub fn new(clock: &dyn Clock) -> Self {
        let millis = u64::try_from(clock.now().as_millisecond()).unwrap_or_default();
        // The bytes of a v4 UUID that hold neither its version nor its variant are random.
        let r = Uuid::new_v4().into_bytes();
        let random = [r[0], r[1], r[2], r[3], r[4], r[5], r[7], r[9], r[10], r[11]];
        Self(Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// The instant in the name, to the millisecond.
    pub fn started_at(self) -> Timestamp {
        let millis = self.0.as_bytes()[..6].iter().fold(0_i64, |sum, byte| sum << 8 | i64::from(*byte));
        Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
    }
}

impl fmt::Display for LoadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for LoadId {
    type Err = uuid::Error;

    /// Reads the hyphenated spelling, 36 characters.
    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        Uuid::parse_str(text).map(Self)
    }
}

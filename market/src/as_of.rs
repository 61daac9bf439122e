//! Where a reader of history stands.

use std::fmt;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{Clock, Error, Result};

/// The instant a reader stands at: only rows with `knowledge_time <= as_of` exist for it.
///
/// Every read of the warehouse takes one. It has no default on purpose: a read that forgets to say
/// where it stands does not compile.
///
/// ```
/// use weekahead_market::AsOf;
/// let end_of_day: AsOf = "2013-01-25".parse().unwrap();
/// assert_eq!(end_of_day.to_string(), "2013-01-25T23:59:59.999999Z");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AsOf(Timestamp);

impl AsOf {
    /// Stands at an instant; parts below the microsecond are dropped, since no store keeps them.
    pub fn at(instant: Timestamp) -> Self {
        Self(Timestamp::from_microsecond(instant.as_microsecond()).unwrap_or(instant))
    }

    /// Stands at the clock's present.
    pub fn now(clock: &dyn Clock) -> Self {
        Self::at(clock.now())
    }

    /// The instant.
    pub fn instant(self) -> Timestamp {
        self.0
    }

    /// The date it falls on in UTC: no session after it has closed.
    pub fn date(self) -> Date {
        self.0.to_zoned(TimeZone::UTC).date()
    }

    /// Microseconds since 1970-01-01 UTC, as stores keep it (ClickHouse `DateTime64(6, 'UTC')`).
    pub fn as_microsecond(self) -> i64 {
        self.0.as_microsecond()
    }
}

impl fmt::Display for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

impl std::str::FromStr for AsOf {
    type Err = Error;

    /// Reads an RFC 3339 instant, or a date, which stands for the last microsecond of that day in UTC.
    fn from_str(text: &str) -> Result<Self> {
        if let Ok(instant) = text.parse::<Timestamp>() {
            return Ok(Self::at(instant));
        }
        let end_of_day = |date: Date| {
            let next = date.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp();
            Timestamp::from_microsecond(next.as_microsecond() - 1).ok()
        };
        let day = text.parse::<Date>().ok().filter(|_| text.len() == "YYYY-MM-DD".len());
        day.and_then(end_of_day).map(Self).ok_or_else(|| Error::AsOf { text: text.to_owned() })
    }
}

impl TryFrom<String> for AsOf {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<AsOf> for String {
    fn from(as_of: AsOf) -> Self {
        as_of.to_string()
    }
}

//! The exchange trading date: the unit of every window.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// An exchange trading date.
///
/// A `Session` is a date that somebody says was traded; whether the exchange was open is the
/// [`Calendar`](crate::Calendar)'s to know. Written as `YYYY-MM-DD`; stored as days since 1970-01-01
/// (ClickHouse `Date32`, Parquet `date`).
///
/// ```
/// use weekahead_market::Session;
/// let session: Session = "2013-01-25".parse().unwrap();
/// assert_eq!(session.days_since_epoch(), 15_730);
/// assert_eq!(Session::from_days_since_epoch(15_730), Some(session));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Session(Date);

const EPOCH: Date = Date::constant(1970, 1, 1);

impl Session {
    /// The session of a calendar date.
    pub const fn from_date(date: Date) -> Self {
        Self(date)
    }

    /// The calendar date.
    pub const fn date(self) -> Date {
        self.0
    }

    /// Days since 1970-01-01, as stores keep it.
    pub fn days_since_epoch(self) -> i32 {
        self.0.duration_since(EPOCH).as_hours() as i32 / 24
    }

    /// The session of a stored day number; `None` outside the years -9999 to 9999.
    pub fn from_days_since_epoch(days: i32) -> Option<Self> {
        EPOCH.checked_add(days.days()).ok().map(Self)
    }
}

impl From<Date> for Session {
    fn from(date: Date) -> Self {
        Self(date)
    }
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

impl std::str::FromStr for Session {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        text.parse().map(Self).map_err(|_| Error::Session { text: text.to_owned() })
    }
}

impl TryFrom<String> for Session {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Session> for String {
    fn from(session: Session) -> Self {
        session.to_string()
    }
}

//! Time as a story tells it: UTC, to the minute, and sessions with their day of the week.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use weekahead_market::{AsOf, Session};

use crate::story::Failure;

/// Where a story stands. It goes forward only.
#[derive(Default)]
pub struct StoryClock {
    now: Option<AsOf>,
}

impl StoryClock {
    pub fn set(&mut self, now: AsOf) -> Result<(), Failure> {
        match self.now.filter(|before| *before > now) {
            Some(before) => Err(format!("it is {} already", instant(before.as_microsecond())).into()),
            None => {
                self.now = Some(now);
                Ok(())
            }
        }
    }

    pub fn now(&self) -> Result<AsOf, Failure> {
        self.now.ok_or_else(|| "say first when this happens: now \"2013-01-25 22:30\"".into())
    }

    /// An instant that is not in the story's future: nobody stands there yet.
    pub fn reached(&self, text: &str) -> Result<AsOf, Failure> {
        let (instant, now) = (parse(text)?, self.now()?);
        if instant <= now { Ok(instant) } else { Err(format!("{text} is still to come").into()) }
    }
}

/// Reads `2013-01-25 22:30`.
pub fn parse(text: &str) -> Result<AsOf, Failure> {
    let civil = DateTime::strptime("%Y-%m-%d %H:%M", text)?;
    Ok(AsOf::at(civil.to_zoned(TimeZone::UTC)?.timestamp()))
}

/// Writes an instant, in microseconds since 1970-01-01 UTC.
pub fn instant(at: i64) -> String {
    let instant = jiff::Timestamp::from_microsecond(at).unwrap();
    instant.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M").to_string()
}

/// Writes a session, as in `Fri 2013-01-25`.
pub fn day(session: Session) -> String {
    session.date().strftime("%a %Y-%m-%d").to_string()
}

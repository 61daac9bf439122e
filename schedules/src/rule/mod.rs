//! When a job fires: a cron expression, or a rule over the exchange's calendar.

mod cron;
mod sessions;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use weekahead_market::Calendar;

use crate::{Error, Result};
use cron::CronTimes;
use sessions::SessionTimes;

/// A rule as it is written: `30 18 * * MON-FRI`, `each session close + 2h`, `last session of the week close + 2h`.
///
/// ```
/// use weekahead_schedules::When;
/// assert!("each session close + 2h30m".parse::<When>().is_ok());
/// let never = "0 9 30 2 *".parse::<When>().unwrap_err();
/// assert!(never.to_string().contains("never fires"));
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct When {
    text: String,
    times: Times,
}

#[derive(Debug, Clone)]
enum Times {
    Cron(Box<CronTimes>),
    Sessions(SessionTimes),
}

impl FromStr for When {
    type Err = Error;

    /// Reads either kind.
    fn from_str(text: &str) -> Result<Self> {
        let is_of_sessions = text.to_ascii_lowercase().contains("session");
        let times = match is_of_sessions {
            true => Times::Sessions(SessionTimes::parse(text)?),
            false => Times::Cron(Box::new(CronTimes::parse(text)?)),
        };
        Ok(Self { text: text.to_owned(), times })
    }
}

impl TryFrom<String> for When {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<When> for String {
    fn from(when: When) -> Self {
        when.text
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// The instants at which a job fires. Pure: the same for every process at any time.
#[derive(Debug, Clone)]
pub struct Rule {
    when: When,
    zone: TimeZone,
    calendar: Arc<Calendar>,
}

impl Rule {
    /// A rule in a time zone, over an exchange's calendar. Rules over the calendar are in the exchange's zone.
    pub fn new(when: When, zone: TimeZone, calendar: Arc<Calendar>) -> Self {
        let zone = match when.times {
            Times::Cron(_) => zone,
            Times::Sessions(_) => calendar.zone().clone(),
        };
        Self { when, zone, calendar }
    }

    /// The first fire time after an instant; none where the calendar ends.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        match &self.when.times {
            Times::Cron(cron) => cron.next(after, &self.zone),
            Times::Sessions(sessions) => sessions.next(after, &self.calendar),
        }
    }

    /// The last fire time at or before an instant; none where the calendar begins.
    pub fn previous(&self, at: Timestamp) -> Option<Timestamp> {
        match &self.when.times {
            Times::Cron(cron) => cron.previous(at, &self.zone),
            Times::Sessions(sessions) => sessions.previous(at, &self.calendar),
        }
    }

    /// The fire times after the first instant, up to and including the second, in order.
    pub fn occurrences(&self, after: Timestamp, until: Timestamp) -> impl Iterator<Item = Timestamp> + '_ {
        let next = move |from: &Timestamp| self.next(*from).filter(|at| *at <= until);
        std::iter::successors(next(&after), next)
    }

    /// The rule in words.
    pub fn in_words(&self) -> String {
        match &self.when.times {
            Times::Cron(cron) => cron.in_words(),
            Times::Sessions(sessions) => sessions.in_words(),
        }
    }

    /// The time zone that the rule is in.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The time zone's name.
    pub fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }
}

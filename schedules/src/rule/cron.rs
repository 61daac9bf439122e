//! Cron expressions on the clock of a time zone, whatever daylight saving does there.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::{DateTime, date};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit};

use crate::{Error, Result};

/// The times of a cron expression.
///
/// Named times (`30 2 * * *`) are each meant once a day: one that daylight saving leaves out fires right after the gap, one
/// that comes twice fires the first time. Times of every hour (`*/15 * * * *`) are an interval: they fire at every such
/// minute that there is.
#[derive(Debug, Clone)]
pub struct CronTimes {
    cron: Cron,
    is_interval: bool,
}

/// Longer than any hour that a clock goes back by.
const LONGEST_FOLD: SignedDuration = SignedDuration::from_hours(3);

impl CronTimes {
    /// Reads five fields.
    ///
    /// # Errors
    /// [`Error::When`] for what is none, [`Error::NeverFires`] for an expression without a time.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = |reason: String| Error::When { text: text.to_owned(), reason };
        let fields: Vec<&str> = text.split_whitespace().collect();
        if fields.len() != 5 {
            return Err(wrong(format!("it has {} fields", fields.len())));
        }
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(text).map_err(|error| wrong(error.to_string()))?;
        let times = Self { cron, is_interval: fields[1].starts_with('*') };
        // Every day of the calendar comes by within a few leap years.
        match times.cron.find_next_occurrence(&date(2000, 1, 1).at(0, 0, 0, 0), true) {
            Ok(_) => Ok(times),
            Err(_) => Err(Error::NeverFires { text: text.to_owned() }),
        }
    }

    /// The first fire time after an instant.
    pub fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let from = whole_second(after).to_zoned(zone.clone());
        if self.is_interval {
            return Some(self.cron.find_next_occurrence(&from, false).ok()?.timestamp());
        }
        let mut local = self.cron.find_next_occurrence(&from.datetime(), true).ok()?;
        loop {
            let at = instant(local, zone)?;
            if at > after {
                return Some(at);
            }
            local = self.cron.find_next_occurrence(&local, false).ok()?;
        }
    }

    /// The last fire time at or before an instant.
    pub fn previous(&self, at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let from = whole_second(at).to_zoned(zone.clone());
        if self.is_interval {
            return Some(self.cron.find_previous_occurrence(&from, true).ok()?.timestamp());
        }
        // In the hour that comes again, times later on the clock have passed already.
        let start = from.datetime().checked_add(LONGEST_FOLD).ok()?;
        let mut local = self.cron.find_previous_occurrence(&start, true).ok()?;
        loop {
            let fires = instant(local, zone)?;
            if fires <= at {
                return Some(fires);
            }
            local = self.cron.find_previous_occurrence(&local, false).ok()?;
        }
    }

    /// The expression in words.
    pub fn in_words(&self) -> String {
        let words = self.cron.describe();
        let mut letters = words.trim_end_matches('.').chars();
        letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
    }
}

/// The second that an instant lies in: the crate that looks for times knows nothing below it.
fn whole_second(at: Timestamp) -> Timestamp {
    at.round(TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Floor)).unwrap_or(at)
}

/// When a clock shows a time: the first time where it does twice, and right after the gap where it never does.
fn instant(local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(local);
    if !matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. }) {
        return ambiguous.earlier().ok();
    }
    // By the offset from before the gap the time lies at its end or after it: the last transition until then is that end.
    let late = ambiguous.later().ok()?.checked_add(SignedDuration::from_secs(1)).ok()?;
    zone.preceding(late).next().map(|transition| transition.timestamp())
}

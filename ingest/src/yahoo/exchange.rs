//! An exchange's days: which session a timestamp lies in, and when that session closes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::civil::{Date, Time, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use weekahead_market::{Calendar, Session};

/// Yahoo's history begins in 1962; the calendar ends with 2049.
const FIRST_DAY: Date = date(1960, 1, 1);
const LAST_DAY: Date = date(2050, 12, 31);
const NEW_YORK: &str = "America/New_York";
/// Of days whose close nobody tells.
const USUAL_CLOSE: Time = Time::constant(16, 0, 0, 0);
/// Providers name some 50 exchanges; more than this many would be an answer gone wild.
const MAX_EXCHANGES: usize = 256;

/// The exchanges met so far. Time zones are looked up once per exchange and not once per bar, which is what
/// makes reading an answer as fast as its JSON.
#[derive(Debug)]
pub struct Exchanges {
    calendar: Calendar,
    known: Mutex<HashMap<(String, Time), Arc<Exchange>>>,
}

impl Exchanges {
    /// Knows none yet.
    pub fn new() -> Self {
        Self { calendar: Calendar::nyse(), known: Mutex::default() }
    }

    /// The calendar that sessions are counted in.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// The exchange of a time zone; `regular_end` is the end of its latest regular trading, which tells the local
    /// time of its close. `None` for an unknown zone.
    pub(super) fn get(&self, zone_name: &str, regular_end: Option<i64>) -> Option<Arc<Exchange>> {
        let zone = TimeZone::get(zone_name).ok()?;
        let end = regular_end.and_then(|seconds| Timestamp::from_second(seconds).ok());
        let close = match end {
            // The calendar knows New York's half days, and the answer's latest session may be one.
            Some(end) if zone_name != NEW_YORK => zone.to_datetime(end).time(),
            _ => USUAL_CLOSE,
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_EXCHANGES {
            known.clear();
        }
        let calendar = (zone_name == NEW_YORK).then_some(&self.calendar);
        let entry = known.entry((zone_name.to_owned(), close));
        Some(entry.or_insert_with(|| Arc::new(Exchange::new(&zone, close, calendar))).clone())
    }
}

impl Default for Exchanges {
    fn default() -> Self {
        Self::new()
    }
}

/// Midnights and closes of every day from 1960 to 2050.
#[derive(Debug)]
pub(super) struct Exchange {
    /// Seconds since 1970 at which each day begins, strictly increasing.
    midnights: Vec<i64>,
    closes: Vec<Timestamp>,
}

impl Exchange {
    fn new(zone: &TimeZone, close: Time, calendar: Option<&Calendar>) -> Self {
        let at = |day: Date, time: Time| {
            let zoned = zone.to_ambiguous_zoned(day.to_datetime(time)).compatible();
            zoned.map_or(Timestamp::MAX, |zoned| zoned.timestamp())
        };
        let closes_at = |day: Date| {
            let known = calendar.and_then(|calendar| calendar.close(Session::from_date(day)).ok());
            known.unwrap_or_else(|| at(day, close))
        };
        let days = || FIRST_DAY.series(1.day()).take_while(|day| *day <= LAST_DAY);
        Self {
            midnights: days().map(|day| at(day, Time::midnight()).as_second()).collect(),
            closes: days().map(closes_at).collect(),
        }
    }

    /// The session that an instant (seconds since 1970) lies in, and its close; `None` outside 1960 to 2050.
    pub(super) fn session(&self, seconds: i64) -> Option<(Session, Timestamp)> {
        let first = *self.midnights.first()?;
        // A day off at most, by daylight saving: then one step corrects the guess.
        let guess = usize::try_from(seconds.checked_sub(first)?.div_euclid(86_400)).ok()?;
        let begins = |day: usize| self.midnights.get(day).is_some_and(|midnight| *midnight <= seconds);
        let day = match (begins(guess), begins(guess + 1)) {
            (true, true) => guess + 1,
            (true, false) => guess,
            (false, _) => guess.checked_sub(1)?,
        };
        let session = FIRST_DAY.checked_add(SignedDuration::from_hours(24 * day as i64)).ok()?;
        Some((Session::from_date(session), *self.closes.get(day)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_second()
    }

    fn asked(zone: &str, regular_end: Option<i64>, instant: &str) -> String {
        let exchange = Exchanges::new().get(zone, regular_end).unwrap();
        let (session, close) = exchange.session(at(instant)).unwrap();
        format!("{session} {close}")
    }

    #[test]
    fn new_york_follows_the_calendar() {
        assert_eq!(asked(NEW_YORK, None, "2013-01-25T14:30:00Z"), "2013-01-25 2013-01-25T21:00:00Z");
        assert_eq!(asked(NEW_YORK, None, "2012-11-23T14:30:00Z"), "2012-11-23 2012-11-23T18:00:00Z");
        // A bar on a day without a session (Sandy) is kept, with the usual close.
        assert_eq!(asked(NEW_YORK, None, "2012-10-29T13:30:00Z"), "2012-10-29 2012-10-29T20:00:00Z");
        assert_eq!(asked(NEW_YORK, None, "1962-01-02T14:30:00Z"), "1962-01-02 1962-01-02T21:00:00Z");
    }

    #[test]
    fn other_exchanges_close_when_they_say() {
        let london = Some(at("2025-02-20T16:30:00Z"));
        assert_eq!(asked("Europe/London", london, "2020-01-02T08:00:00Z"), "2020-01-02 2020-01-02T16:30:00Z");
        assert_eq!(asked("Europe/London", london, "2020-07-02T07:00:00Z"), "2020-07-02 2020-07-02T15:30:00Z");
        assert_eq!(asked("Asia/Tokyo", None, "2020-01-05T23:00:00Z"), "2020-01-06 2020-01-06T07:00:00Z");
        assert_eq!(
            asked("Pacific/Auckland", None, "2020-01-05T21:00:00Z"),
            "2020-01-06 2020-01-06T03:00:00Z"
        );
    }

    #[test]
    fn every_midnight_begins_its_own_day() {
        for zone in [NEW_YORK, "Europe/London", "America/Sao_Paulo", "Asia/Beirut", "UTC"] {
            let exchange = Exchanges::new().get(zone, None).unwrap();
            for (day, midnight) in exchange.midnights.iter().enumerate() {
                let date = FIRST_DAY.saturating_add((day as i64).days());
                assert_eq!(exchange.session(*midnight).unwrap().0.date(), date, "{zone}");
                let eve = exchange.session(midnight - 1).map(|(session, _)| session.date());
                assert_eq!(eve, date.yesterday().ok().filter(|_| day > 0), "{zone}");
            }
        }
    }

    #[test]
    fn nonsense_has_no_session() {
        let exchanges = Exchanges::new();
        assert!(exchanges.get("Mars/Olympus", None).is_none());
        let exchange = exchanges.get(NEW_YORK, None).unwrap();
        for seconds in [i64::MIN, i64::MAX, -1 << 40, 1 << 40] {
            assert!(exchange.session(seconds).is_none());
        }
    }
}

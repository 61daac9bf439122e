//! Counting sessions: offsets, ranges, weeks and the instants of opening and close.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::nyse;
use crate::{Error, Result, Session};

/// The sessions of one exchange in order, with their opening and closing instants.
///
/// Holds every session of the known years (about 14,400 dates, 60 kB), so that an offset is an index.
///
/// ```
/// use weekahead_market::{Calendar, Session};
/// let calendar = Calendar::nyse();
/// let friday: Session = "2013-02-15".parse().unwrap();
/// // Monday the 18th was Presidents' Day.
/// assert_eq!(calendar.offset(friday, 1).unwrap().to_string(), "2013-02-19");
/// assert_eq!(calendar.close(friday).unwrap().to_string(), "2013-02-15T21:00:00Z");
/// ```
#[derive(Debug, Clone)]
pub struct Calendar {
    exchange: &'static str,
    sessions: Vec<Session>,
    zone: TimeZone,
    closing_hour: fn(Date) -> i8,
}

impl Calendar {
    /// The New York Stock Exchange, 1993 to 2049.
    pub fn nyse() -> Self {
        let first = Date::constant(nyse::FIRST_YEAR, 1, 1);
        let days = first.series(1.day()).take_while(|day| day.year() <= nyse::LAST_YEAR);
        Self {
            exchange: "NYSE",
            sessions: days.filter(|day| nyse::is_open(*day)).map(Session::from_date).collect(),
            zone: TimeZone::get("America/New_York").unwrap_or(TimeZone::UTC),
            closing_hour: nyse::closing_hour,
        }
    }

    /// Whether the exchange traded on the date.
    pub fn is_session(&self, date: Date) -> bool {
        self.sessions.binary_search(&Session::from_date(date)).is_ok()
    }

    /// The last session on or before a date.
    ///
    /// # Errors
    /// [`Error::OutsideCalendar`] before the first known session.
    pub fn on_or_before(&self, date: Date) -> Result<Session> {
        let after = self.sessions.partition_point(|session| session.date() <= date);
        self.at(after.checked_sub(1), date)
    }

    /// The first session on or after a date.
    ///
    /// # Errors
    /// [`Error::OutsideCalendar`] after the last known session.
    pub fn on_or_after(&self, date: Date) -> Result<Session> {
        self.at(Some(self.sessions.partition_point(|session| session.date() < date)), date)
    }

    /// The session `count` sessions later (earlier when negative). When `session` is no session of this
    /// exchange, counting starts from the last one before it.
    ///
    /// # Errors
    /// [`Error::OutsideCalendar`] when either end is outside the known years.
    pub fn offset(&self, session: Session, count: i64) -> Result<Session> {
        let start = self.sessions.partition_point(|s| *s <= session) as i64 - 1;
        let index = start.checked_add(count).filter(|_| start >= 0);
        self.at(index.and_then(|i| usize::try_from(i).ok()), session.date())
    }

    /// The sessions from `first` to `last`, both included.
    pub fn between(&self, first: Session, last: Session) -> &[Session] {
        let from = self.sessions.partition_point(|s| *s < first);
        let to = self.sessions.partition_point(|s| *s <= last);
        &self.sessions[from..to.max(from)]
    }

    /// How many sessions lie after `from`, up to and including `to`; negative when `to` is earlier.
    pub fn distance(&self, from: Session, to: Session) -> i64 {
        let rank = |session| self.sessions.partition_point(|s| *s <= session) as i64;
        rank(to) - rank(from)
    }

    /// The last sessions of the weeks (Monday to Sunday) that end within `first..=last`: the weekly origins.
    pub fn weekly_origins(&self, first: Session, last: Session) -> Vec<Session> {
        let inside = self.between(first, last);
        inside.iter().copied().filter(|s| self.last_of_week(*s) == Ok(*s)).collect()
    }

    /// The last session of the week (Monday to Sunday) that a session lies in.
    ///
    /// # Errors
    /// [`Error::OutsideCalendar`] outside the known years.
    pub fn last_of_week(&self, session: Session) -> Result<Session> {
        let days = session.date().weekday().until(Weekday::Sunday);
        self.on_or_before(session.date().saturating_add(i64::from(days).days()))
    }

    /// The instant at which the session's trading ends.
    ///
    /// # Errors
    /// [`Error::OutsideCalendar`] when the exchange did not trade on that date.
    pub fn close(&self, session: Session) -> Result<Timestamp> {
        self.instant(session, (self.closing_hour)(session.date()), 0)
    }

    /// The instant at which the session's trading begins.
    ///
    /// # Errors
    /// [`Error::OutsideCalendar`] when the exchange did not trade on that date.
    pub fn open(&self, session: Session) -> Result<Timestamp> {
        self.instant(session, 9, 30)
    }

    /// The last session whose close is at or before an instant.
    ///
    /// # Errors
    /// [`Error::OutsideCalendar`] outside the known years.
    pub fn last_closed(&self, instant: Timestamp) -> Result<Session> {
        let today = instant.to_zoned(self.zone.clone()).date();
        let session = self.on_or_before(today)?;
        if self.close(session)? <= instant { Ok(session) } else { self.offset(session, -1) }
    }

    /// The exchange's time zone.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    fn instant(&self, session: Session, hour: i8, minute: i8) -> Result<Timestamp> {
        if !self.is_session(session.date()) {
            return Err(self.outside(session.date()));
        }
        let local = session.date().at(hour, minute, 0, 0);
        let zoned = local.to_zoned(self.zone.clone()).map_err(|_| self.outside(session.date()))?;
        Ok(zoned.timestamp())
    }

    fn at(&self, index: Option<usize>, asked: Date) -> Result<Session> {
        index.and_then(|i| self.sessions.get(i)).copied().ok_or_else(|| self.outside(asked))
    }

    fn outside(&self, asked: Date) -> Error {
        let year = |session: Option<&Session>| session.map_or(0, |s| s.date().year());
        Error::OutsideCalendar {
            date: asked.to_string(),
            exchange: self.exchange,
            first: year(self.sessions.first()),
            last: year(self.sessions.last()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(text: &str) -> Session {
        text.parse().unwrap()
    }

    #[test]
    fn a_week_ahead_skips_closures() {
        let calendar = Calendar::nyse();
        assert_eq!(calendar.offset(session("2001-09-10"), 5), Ok(session("2001-09-21")));
        assert_eq!(calendar.offset(session("2012-10-26"), 5), Ok(session("2012-11-06")));
        assert_eq!(calendar.offset(session("2001-09-21"), -5), Ok(session("2001-09-10")));
    }

    #[test]
    fn close_respects_half_days_and_daylight_saving() {
        let calendar = Calendar::nyse();
        let close = |day| calendar.close(session(day)).unwrap().to_string();
        assert_eq!(close("2012-07-02"), "2012-07-02T20:00:00Z");
        assert_eq!(close("2012-07-03"), "2012-07-03T17:00:00Z");
        assert_eq!(close("2012-11-23"), "2012-11-23T18:00:00Z");
        assert!(calendar.close(session("2012-11-22")).is_err());
    }

    #[test]
    fn last_closed_waits_for_the_close() {
        let calendar = Calendar::nyse();
        let last = |instant: &str| calendar.last_closed(instant.parse().unwrap()).unwrap();
        assert_eq!(last("2013-01-25T20:59:59Z"), session("2013-01-24"));
        assert_eq!(last("2013-01-25T21:00:00Z"), session("2013-01-25"));
        assert_eq!(last("2013-01-27T03:00:00Z"), session("2013-01-25"));
    }

    #[test]
    fn the_week_of_a_holiday_friday_ends_on_thursday() {
        let calendar = Calendar::nyse();
        assert_eq!(calendar.last_of_week(session("2012-04-03")), Ok(session("2012-04-05")));
        let origins = calendar.weekly_origins(session("2012-03-26"), session("2012-04-11"));
        assert_eq!(origins, [session("2012-03-30"), session("2012-04-05")]);
    }

    #[test]
    fn outside_the_known_years_is_an_error() {
        let calendar = Calendar::nyse();
        assert!(calendar.offset(session("1993-01-04"), -1).is_err());
        assert!(calendar.offset(session("1980-01-04"), 1).is_err());
        assert!(calendar.on_or_after(session("2050-01-01").date()).is_err());
        assert_eq!(calendar.distance(session("2013-01-25"), session("2013-02-01")), 5);
    }
}

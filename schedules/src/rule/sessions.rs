//! Rules over the exchange's calendar: so long after, or before, the open or the close of sessions.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use weekahead_market::{Calendar, Session};

use crate::{Error, Result};

/// Times by the sessions of an exchange. Early closes are where the calendar has them.
#[derive(Debug, Clone)]
pub struct SessionTimes {
    which: Which,
    edge: Edge,
    offset: SignedDuration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Each,
    LastOfWeek,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    Open,
    Close,
}

/// The longest time before or after an edge.
const LONGEST_OFFSET: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How many days are looked at: the longest closure of an exchange, twice over.
const REACH_DAYS: i64 = 31;

impl SessionTimes {
    /// Reads `each session close + 2h`, `last session of the week open - 30m`, with or without a time.
    ///
    /// # Errors
    /// [`Error::When`] that says what is wrong.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = |reason: &str| Error::When { text: text.to_owned(), reason: reason.to_owned() };
        let words = text.to_ascii_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
        let (which, rest) =
            match (words.strip_prefix("each session"), words.strip_prefix("last session of the week")) {
                (Some(rest), _) => (Which::Each, rest),
                (_, Some(rest)) => (Which::LastOfWeek, rest),
                _ => {
                    return Err(wrong(
                        "it begins with neither `each session` nor `last session of the week`",
                    ));
                }
            };
        let (edge, rest) = match (rest.strip_prefix(" open"), rest.strip_prefix(" close")) {
            (Some(rest), _) => (Edge::Open, rest),
            (_, Some(rest)) => (Edge::Close, rest),
            _ => return Err(wrong("`open` or `close` must follow the session")),
        };
        let offset = offset(rest).ok_or_else(|| {
            wrong("after `open` or `close` goes nothing, or + or - and up to seven days, as in 30m or 2h30m")
        })?;
        Ok(Self { which, edge, offset })
    }

    /// The first fire time after an instant.
    pub fn next(&self, after: Timestamp, calendar: &Calendar) -> Option<Timestamp> {
        let edge = after.checked_sub(self.offset).ok()?;
        let day = edge.to_zoned(calendar.zone().clone()).date();
        let mut sessions = self.sessions(calendar, day, 1, REACH_DAYS);
        sessions.find_map(|session| self.fires(calendar, session).filter(|at| *at > after))
    }

    /// The last fire time at or before an instant.
    pub fn previous(&self, at: Timestamp, calendar: &Calendar) -> Option<Timestamp> {
        let edge = at.checked_sub(self.offset).ok()?;
        let day = edge.to_zoned(calendar.zone().clone()).date();
        let mut sessions = self.sessions(calendar, day, REACH_DAYS, 1).rev();
        sessions.find_map(|session| self.fires(calendar, session).filter(|fires| *fires <= at))
    }

    /// The rule in words.
    pub fn in_words(&self) -> String {
        let edge = match self.edge {
            Edge::Open => "open",
            Edge::Close => "close",
        };
        let side = match self.offset.signum() {
            0 => "at".to_owned(),
            1 => format!("{:#} after", self.offset),
            _ => format!("{:#} before", self.offset.abs()),
        };
        match self.which {
            Which::Each => format!("{side} each session's {edge}"),
            Which::LastOfWeek => format!("{side} the {edge} of the week's last session"),
        }
    }

    /// The sessions that count, of some days around one.
    fn sessions<'c>(
        &self,
        calendar: &'c Calendar,
        day: Date,
        before: i64,
        after: i64,
    ) -> impl DoubleEndedIterator<Item = Session> + 'c {
        let (first, last) = (day.saturating_sub(before.days()), day.saturating_add(after.days()));
        let all = calendar.between(Session::from_date(first), Session::from_date(last)).iter().copied();
        let which = self.which;
        all.filter(move |session| which == Which::Each || calendar.last_of_week(*session) == Ok(*session))
    }

    fn fires(&self, calendar: &Calendar, session: Session) -> Option<Timestamp> {
        let edge = match self.edge {
            Edge::Open => calendar.open(session),
            Edge::Close => calendar.close(session),
        };
        edge.ok()?.checked_add(self.offset).ok()
    }
}

/// `+ 2h30m`, `- 30m`, or nothing.
fn offset(text: &str) -> Option<SignedDuration> {
    let text = text.trim();
    if text.is_empty() {
        return Some(SignedDuration::ZERO);
    }
    let (sign, length) = match text.strip_prefix('-') {
        Some(length) => (-1, length),
        None => (1, text.strip_prefix('+')?),
    };
    let length = length.trim();
    // Of what jiff reads, only plain units: no second sign, no `ago`, no ISO 8601.
    let is_plain = length.starts_with(|c: char| c.is_ascii_digit()) && !length.contains("ago");
    let length: SignedDuration = length.parse().ok().filter(|_| is_plain)?;
    (length <= LONGEST_OFFSET).then_some(length * sign)
}

//! The quotes of one symbol, as traded.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use weekahead_market::{Bar, CorporateAction, Session};

/// When New York's exchanges open: Yahoo's timestamps of daily bars.
const OPEN: Time = Time::constant(9, 30, 0, 0);

/// One day in a file of quotes; NaN stands for a missing value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DayQuote {
    /// The date.
    pub session: Session,
    /// Prices and volume as traded.
    pub bar: Bar,
    /// What happened before the open.
    pub action: CorporateAction,
}

/// A symbol's days in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SymbolQuotes {
    days: Vec<DayQuote>,
    /// Seconds since 1970 of each day's open in New York.
    opens_at: Vec<i64>,
}

impl SymbolQuotes {
    /// Sorts the days; `Err` names one that is there twice.
    ///
    /// # Errors
    /// The session that comes twice.
    pub fn new(mut days: Vec<DayQuote>) -> Result<Self, Session> {
        days.sort_by_key(|day| day.session);
        if let Some(twice) = days.windows(2).find(|pair| pair[0].session == pair[1].session) {
            return Err(twice[0].session);
        }
        let zone = TimeZone::get("America/New_York").unwrap_or(TimeZone::UTC);
        let opens_at = |day: &DayQuote| {
            let open = zone.to_ambiguous_zoned(day.session.date().to_datetime(OPEN)).compatible();
            open.map_or(i64::MAX, |open| open.timestamp().as_second())
        };
        Ok(Self { opens_at: days.iter().map(opens_at).collect(), days })
    }

    /// The days, increasing.
    pub fn days(&self) -> &[DayQuote] {
        &self.days
    }

    /// Seconds since 1970 of each day's open.
    pub fn opens_at(&self) -> &[i64] {
        &self.opens_at
    }

    /// Indices of the days that open in `period1..period2`.
    pub fn range(&self, period1: i64, period2: i64) -> std::ops::Range<usize> {
        let at = |seconds| self.opens_at.partition_point(|open| *open < seconds);
        let end = at(period2);
        at(period1).min(end)..end
    }
}

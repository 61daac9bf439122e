//! Who still trades: what tells a symbol that stopped from one that rests.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};

use weekahead_market::{Calendar, Horizon, Session};

/// Sessions without a bar after which a symbol counts as having stopped trading.
///
/// No fewer than the farthest horizon, so that every realised session has passed when it is told.
pub const STOPPED_AFTER_SESSIONS: usize = 10;

const _: () = assert!(STOPPED_AFTER_SESSIONS >= Horizon::MAX_SESSIONS as usize);

/// The sessions of which anybody has a bar, with the instant at which that was known.
///
/// A symbol stopped trading when it has no bar in the last [`STOPPED_AFTER_SESSIONS`] sessions of the exchange, or more, of
/// which others have bars. Bars known to the reader alone decide: a symbol that traded again is known to have rested,
/// and a feed that is away for everyone stops nobody. While a symbol rests that long, nobody can tell the difference.
///
/// ```
/// use weekahead_features::TradedSessions;
/// use weekahead_market::{Calendar, Session};
/// let calendar = Calendar::nyse();
/// let session = |text: &str| text.parse::<Session>().unwrap();
/// let others = calendar.between(session("2013-02-04"), session("2013-02-28"));
/// let traded: TradedSessions = others.iter().map(|session| (*session, i64::from(session.days_since_epoch()))).collect();
/// // The tenth session after Wednesday the 13th is Thursday the 28th, after that there are nine.
/// let told = i64::from(session("2013-02-28").days_since_epoch());
/// assert_eq!(traded.stopped_after(session("2013-02-13"), &calendar), Some(told));
/// assert_eq!(traded.stopped_after(session("2013-02-14"), &calendar), None);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TradedSessions {
    /// By session the earliest knowledge time of its bars, in microseconds since 1970-01-01 UTC.
    known: BTreeMap<Session, i64>,
}

impl TradedSessions {
    /// When it was known that a symbol with this last session had stopped trading, in microseconds since 1970-01-01 UTC;
    /// `None` when it is not known to have.
    pub fn stopped_after(&self, last: Session, calendar: &Calendar) -> Option<i64> {
        let later = self.known.range((Excluded(last), Unbounded));
        let missed = later.filter(|(session, _)| calendar.is_session(session.date()));
        let known: Vec<i64> = missed.take(STOPPED_AFTER_SESSIONS).map(|(_, known)| *known).collect();
        if known.len() < STOPPED_AFTER_SESSIONS { None } else { known.into_iter().max() }
    }
}

impl FromIterator<(Session, i64)> for TradedSessions {
    /// Of the sessions and knowledge times of bars, in any order.
    fn from_iter<I: IntoIterator<Item = (Session, i64)>>(bars: I) -> Self {
        let mut known = BTreeMap::new();
        for (session, time) in bars {
            known
                .entry(session)
                .and_modify(|earliest: &mut i64| *earliest = time.min(*earliest))
                .or_insert(time);
        }
        Self { known }
    }
}

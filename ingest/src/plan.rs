//! What to ask for: what the committed loads lack.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan};
use weekahead_lake::{CommitRecord, Outcome};
use weekahead_market::{Calendar, Session, Symbol};

use crate::{IngestRequest, Yahoo};

/// What to ask for, in order of symbol.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// One entry a symbol to ask for.
    pub asks: Vec<Ask>,
    /// Symbols whose last closed session is in the lake.
    pub up_to_date: Vec<Symbol>,
}

/// One symbol to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The symbol.
    pub symbol: Symbol,
    /// The first session wanted.
    pub from: Session,
    /// The last session that the lake holds.
    pub cursor: Option<Session>,
}

/// What the committed loads say of one symbol.
#[derive(Debug, Clone, Copy)]
struct History {
    cursor: Option<Session>,
    /// The earliest session ever asked for; `None` when everything was.
    asked_from: Option<Session>,
}

impl Plan {
    /// Compares the request with what was committed up to `now`.
    ///
    /// A symbol whose cursor is the last session that is available is not asked for again. Any other is read from
    /// `lag_window_sessions` before its cursor, or from `since` when it is new or `since` has moved back.
    pub fn new(request: &IngestRequest, loads: &[CommitRecord], calendar: &Calendar, now: Timestamp) -> Self {
        let available =
            now.checked_sub(Yahoo::LAG).ok().and_then(|instant| calendar.last_closed(instant).ok());
        let histories = histories(loads);
        let mut symbols = request.symbols.clone();
        symbols.sort();
        symbols.dedup();
        let mut plan = Self::default();
        for symbol in symbols {
            let history = histories.get(&symbol);
            let cursor = history.and_then(|history| history.cursor);
            match start(request, history, calendar, available) {
                Some(from) => plan.asks.push(Ask { symbol, from, cursor }),
                None => plan.up_to_date.push(symbol),
            }
        }
        plan
    }
}

impl Ask {
    /// The instant from which on the first session wanted may open: 21:00 UTC of the day before, when New
    /// Zealand's exchange does. Of New York's sessions that is none but the one wanted.
    pub fn period1(&self) -> Timestamp {
        let midnight = self.from.date().to_zoned(jiff::tz::TimeZone::UTC).map(|zoned| zoned.timestamp());
        midnight.and_then(|instant| instant.checked_sub(3.hours())).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// The session to read from; `None` when there is nothing to read.
fn start(
    request: &IngestRequest,
    history: Option<&History>,
    calendar: &Calendar,
    available: Option<Session>,
) -> Option<Session> {
    let since = request.since;
    let Some(History { cursor: Some(cursor), asked_from }) = history.copied() else {
        return Some(since);
    };
    if asked_from.is_some_and(|from| since < from) {
        return Some(since);
    }
    if available.is_some_and(|last| cursor >= last) {
        return None;
    }
    let back = calendar.offset(cursor, -i64::from(request.lag_window_sessions)).unwrap_or(since);
    Some(back.max(since))
}

fn histories(loads: &[CommitRecord]) -> BTreeMap<Symbol, History> {
    let mut histories: BTreeMap<Symbol, History> = BTreeMap::new();
    let ours = loads.iter().filter(|load| load.source == Yahoo::NAME).flat_map(|load| &load.symbols);
    for entry in ours.filter(|entry| entry.outcome != Outcome::Failed) {
        let new = History { cursor: entry.last_session, asked_from: entry.requested_from };
        let history = histories.entry(entry.symbol.clone()).or_insert(new);
        history.cursor = history.cursor.max(new.cursor);
        // `None` is less than any session: everything includes it.
        history.asked_from = history.asked_from.min(new.asked_from);
    }
    histories
}

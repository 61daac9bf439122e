//! Which bars a week still waits for.

use std::collections::{BTreeMap, BTreeSet};

use weekahead_market::{Calendar, Session, Symbol};

use crate::Result;

/// How far back a week looks: a symbol without a bar for as long is not traded any more.
pub const WINDOW_SESSIONS: i64 = 10;

/// The sessions of which a bar is known, by symbol.
pub type Bars = BTreeMap<Symbol, BTreeSet<Session>>;

/// A bar that is to come.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missing {
    /// Whose.
    pub symbol: Symbol,
    /// Of which session.
    pub session: Session,
}

/// The bars of the last ten sessions up to `origin` that are not there, of symbols that were traded in them.
///
/// What is forecast with a hole in it cannot be forecast again: a week waits, for a while, until it is closed.
///
/// # Errors
/// [`crate::Error::Calendar`] at the calendar's beginning.
pub fn missing(calendar: &Calendar, origin: Session, bars: &Bars) -> Result<BTreeSet<Missing>> {
    let first = calendar.offset(origin, 1 - WINDOW_SESSIONS)?;
    let window = calendar.between(first, origin);
    let mut missing = BTreeSet::new();
    for (symbol, known) in bars {
        let began = known.first().copied().filter(|_| known.range(first..=origin).next().is_some());
        let Some(began) = began else { continue };
        let holes = window.iter().filter(|session| **session > began && !known.contains(session));
        missing.extend(holes.map(|session| Missing { symbol: symbol.clone(), session: *session }));
    }
    Ok(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(text: &str) -> Session {
        text.parse().unwrap()
    }

    fn known(symbol: &str, first: &str, last: &str, without: &[&str]) -> (Symbol, BTreeSet<Session>) {
        let without: Vec<Session> = without.iter().map(|text| session(text)).collect();
        let sessions = Calendar::nyse().between(session(first), session(last)).to_vec();
        (
            Symbol::new(symbol).unwrap(),
            sessions.into_iter().filter(|session| !without.contains(session)).collect(),
        )
    }

    #[test]
    fn a_week_waits_for_bars_of_what_is_traded() {
        let bars = Bars::from([
            known("WHOLE", "2012-01-03", "2012-03-16", &[]),
            known("LATE", "2012-01-03", "2012-03-16", &["2012-03-16", "2012-03-14"]),
            // Older than ten sessions: nobody waits for that any more.
            known("OLD", "2012-01-03", "2012-03-16", &["2012-03-02"]),
            known("NEW", "2012-03-13", "2012-03-16", &[]),
            known("GONE", "2012-01-03", "2012-03-02", &[]),
            known("GOING", "2012-01-03", "2012-03-15", &[]),
        ]);
        let missing = missing(&Calendar::nyse(), session("2012-03-16"), &bars).unwrap();
        let told: Vec<String> = missing.iter().map(|bar| format!("{} {}", bar.symbol, bar.session)).collect();
        assert_eq!(told, ["GOING 2012-03-16", "LATE 2012-03-14", "LATE 2012-03-16"]);
    }
}

//! A made-up market on the real calendar, and a source that publishes an hour after the close.

use weekahead_features::View;
use weekahead_market::{AsOf, Bar, Calendar, CorporateAction, Session, Symbol};
use weekahead_warehouse::{BarHistory, FeatureRows};

const HOUR: i64 = 3_600_000_000;

pub fn session(text: &str) -> Session {
    text.parse().unwrap()
}

pub fn symbol(name: &str) -> Symbol {
    Symbol::new(name).unwrap()
}

/// When a bar of a session is known, in microseconds since 1970-01-01 UTC.
pub fn published(calendar: &Calendar, session: Session) -> i64 {
    calendar.close(session).unwrap().as_microsecond() + HOUR
}

/// A bar at one price.
pub fn bar(close: f64) -> Bar {
    Bar { open: close, high: close, low: close, close, volume: 1_000.0 }
}

/// The bars of a symbol, each published in time.
pub fn history(calendar: &Calendar, name: &str, closes: &[(Session, f64)]) -> BarHistory {
    let mut history = BarHistory::new(symbol(name));
    for (session, close) in closes {
        history.push(*session, bar(*close), CorporateAction::NONE, published(calendar, *session));
    }
    history
}

/// A view with two features, of which the rows of [`feature_rows`] are.
pub fn view() -> View {
    let text = "name = 'made_up'\n\
                [[feature]]\nname = 'planted'\nexpr = 'close'\n\
                [[feature]]\nname = 'vol_20'\nexpr = 'Std(close / Ref(close, 1), 20)'";
    View::parse(text).unwrap()
}

/// One row of that view.
pub struct Planted {
    pub symbol: Symbol,
    pub session: Session,
    pub known: i64,
    pub value: f32,
}

/// Rows as the warehouse hands them out, with a volatility of 0.02.
pub fn feature_rows(rows: &[Planted]) -> FeatureRows {
    FeatureRows {
        names: view().features().to_vec(),
        symbols: rows.iter().map(|row| row.symbol.clone()).collect(),
        sessions: rows.iter().map(|row| row.session).collect(),
        knowledge_times: rows.iter().map(|row| row.known).collect(),
        values: rows.iter().flat_map(|row| [row.value, 0.02]).collect(),
    }
}

/// The end of a day, in UTC.
pub fn as_of(day: &str) -> AsOf {
    day.parse().unwrap()
}

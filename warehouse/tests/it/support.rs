//! The engine of each test, and short ways to say what rows hold.

use weekahead_market::{AsOf, Session, Symbol};
use weekahead_warehouse::BarVersion;

pub use crate::engine::{Engine, lake, migrated};

pub fn symbol(text: &str) -> Symbol {
    Symbol::new(text).unwrap()
}

pub fn session(text: &str) -> Session {
    text.parse().unwrap()
}

pub fn as_of(text: &str) -> AsOf {
    text.parse().unwrap()
}

pub fn micros(text: &str) -> i64 {
    as_of(text).as_microsecond()
}

/// A bar that closed at 21:00 UTC of its session and was known at `known`.
pub fn bar(name: &str, day: &str, close: f64, known: &str, version: u32) -> BarVersion {
    BarVersion {
        symbol: name.to_owned(),
        session: session(day).days_since_epoch(),
        open: close,
        high: close,
        low: close,
        close,
        volume: 1_000.0,
        dividend: 0.0,
        split: 1.0,
        currency: "USD".to_owned(),
        source: "test".to_owned(),
        event_time: micros(&format!("{day}T21:00:00Z")),
        knowledge_time: micros(known),
        ingested_at: micros("2013-02-01T00:00:00Z"),
        content_hash: close.to_bits(),
        load_id: format!("load-{version}"),
        version,
    }
}

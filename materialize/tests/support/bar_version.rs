//! Rows of `marts.bars` as dbt would have made them.

use weekahead_market::{Bar, CorporateAction};
use weekahead_warehouse::BarVersion;

/// The first version of a bar. Instants in microseconds since 1970-01-01 UTC, `day` in days since then.
pub fn first_version(
    symbol: &str,
    day: i32,
    bar: Bar,
    action: CorporateAction,
    event_time: i64,
    knowledge_time: i64,
) -> BarVersion {
    BarVersion {
        symbol: symbol.to_owned(),
        session: day,
        open: bar.open,
        high: bar.high,
        low: bar.low,
        close: bar.close,
        volume: bar.volume,
        dividend: action.dividend,
        split: action.split,
        currency: "USD".to_owned(),
        source: "test".to_owned(),
        event_time,
        knowledge_time,
        ingested_at: knowledge_time,
        content_hash: bar.close.to_bits(),
        load_id: "load".to_owned(),
        version: 1,
    }
}

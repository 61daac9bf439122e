//! Whatever the bytes: no panic, and no row uncounted.

use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;
use weekahead_ingest::yahoo::{Exchanges, ParsedChart, parse_chart};

use crate::world::{NOW, instant};

static EXCHANGES: LazyLock<Exchanges> = LazyLock::new(Exchanges::new);

fn parse(body: &[u8]) -> weekahead_ingest::Result<ParsedChart> {
    parse_chart("DEMO", 200, body, &EXCHANGES, instant(NOW), Duration::from_secs(3_600))
}

fn fixtures() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

/// Bytes that JSON turns on.
fn telling_byte() -> impl Strategy<Value = u8> {
    prop_oneof![any::<u8>(), proptest::sample::select(b"{}[],:\"-0123456789.eEnul \n".to_vec())]
}

fn price() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        6 => (1.0..1e4).prop_map(Some),
        1 => proptest::sample::select(vec![0.0, -1.0, 1e308, 5e-324]).prop_map(Some),
        1 => Just(None),
    ]
}

type Row = (i64, [Option<f64>; 5]);

fn row() -> impl Strategy<Value = Row> {
    // Around 2013, so that sessions repeat and some lie after the present; and anywhere.
    let timestamp = prop_oneof![9 => 1_350_000_000..1_360_000_000_i64, 1 => any::<i64>()];
    (timestamp, [price(), price(), price(), price(), price()])
}

fn split() -> impl Strategy<Value = (i64, f64, f64)> {
    (1_350_000_000..1_360_000_000_i64, 1.0..20.0, 1.0..20.0)
}

fn answer(rows: &[Row], splits: &[(i64, f64, f64)]) -> Vec<u8> {
    let column = |i: usize| rows.iter().map(|(_, values)| values[i]).collect::<Vec<_>>();
    let splits = splits.iter().map(|(date, numerator, denominator)| {
        (date.to_string(), json!({ "date": date, "numerator": numerator, "denominator": denominator }))
    });
    let splits: serde_json::Map<_, _> = splits.collect();
    let quote = json!({
        "open": column(0), "high": column(1), "low": column(2), "close": column(3), "volume": column(4),
    });
    let answer = json!({ "chart": { "error": null, "result": [{
        "meta": { "currency": "USD", "exchangeTimezoneName": "America/New_York", "dataGranularity": "1d" },
        "timestamp": rows.iter().map(|(timestamp, _)| timestamp).collect::<Vec<_>>(),
        "events": { "splits": splits },
        "indicators": { "quote": [quote] },
    }] } });
    serde_json::to_vec(&answer).unwrap()
}

fn counted(chart: &ParsedChart) -> u64 {
    let rows = (chart.rows.len() + chart.rejects.len()) as u64;
    rows + chart.null_rows + chart.duplicate_rows + chart.open_rows
}

proptest! {
    #[test]
    fn every_row_is_counted_once(
        rows in proptest::collection::vec(row(), 0..60),
        splits in proptest::collection::vec(split(), 0..4),
    ) {
        let chart = parse(&answer(&rows, &splits)).unwrap();
        prop_assert_eq!(counted(&chart), rows.len() as u64);
        prop_assert!(chart.rows.is_sorted_by(|a, b| a.session < b.session));
        prop_assert!(chart.rows.iter().all(|row| row.bar.fault().is_none()));
        prop_assert!(chart.rows.iter().all(|row| row.event_time < instant(NOW)));
    }

    #[test]
    fn garbage_does_no_harm(body in proptest::collection::vec(telling_byte(), 0..200)) {
        let _ = parse(&body);
    }

    #[test]
    fn a_spoiled_answer_does_no_harm(
        which in any::<prop::sample::Index>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), telling_byte()), 1..6),
        keep in prop_oneof![Just(None), any::<prop::sample::Index>().prop_map(Some)],
    ) {
        let mut body = which.get(&fixtures()).clone();
        for (at, byte) in changes {
            let at = at.index(body.len());
            body[at] = byte;
        }
        if let Some(keep) = keep {
            body.truncate(keep.index(body.len()));
        }
        let _ = parse(&body);
    }
}

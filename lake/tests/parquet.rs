//! Whatever goes into a Parquet file of the lake comes out of it, bit by bit.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use weekahead_lake::Error;
use weekahead_lake::quotes::{
    LoadStamp, QuoteReader, QuoteRow, QuoteWriter, ROW_GROUP_ROWS, RejectedRow, read_quarantine, read_quotes,
    write_quarantine,
};
use weekahead_market::{Bar, CorporateAction, Session, Symbol};

fn stamp() -> LoadStamp {
    LoadStamp {
        source: "yahoo".into(),
        ingested_at: "2013-01-25T23:00:00.000001Z".parse().unwrap(),
        load_id: "013c73fd-9a80-7000-8000-000000000001".parse().unwrap(),
    }
}

fn row(symbol: &Symbol, day: i32, numbers: [f64; 7]) -> QuoteRow {
    let [open, high, low, close, volume, dividend, split] = numbers;
    let micros = i64::from(day) * 86_400_000_000;
    QuoteRow {
        symbol: symbol.clone(),
        session: Session::from_days_since_epoch(day).unwrap(),
        bar: Bar { open, high, low, close, volume },
        action: CorporateAction { dividend, split },
        currency: Arc::from(if day % 2 == 0 { "USD" } else { "EUR" }),
        event_time: micros,
        available_at: micros + 1,
    }
}

/// The bits, so that -0.0 differs from 0.0 and a NaN equals itself.
fn bits(row: &QuoteRow) -> impl PartialEq + std::fmt::Debug + use<> {
    let bar = row.bar;
    let numbers = [bar.open, bar.high, bar.low, bar.close, bar.volume, row.action.dividend, row.action.split];
    let strings = (row.symbol.to_string(), row.session.to_string(), row.currency.to_string());
    (strings, numbers.map(f64::to_bits), row.event_time, row.available_at)
}

fn rows() -> impl Strategy<Value = Vec<QuoteRow>> {
    // Any day that ClickHouse's Date32 holds, any number.
    let key = ("[A-Z^.=-]{0,7}[A-Z]", -25_567_i32..120_530);
    prop::collection::btree_map(key, prop::array::uniform7(prop::num::f64::ANY), 0..60).prop_map(|rows| {
        let sorted: BTreeMap<(Symbol, i32), [f64; 7]> =
            rows.into_iter().map(|((symbol, day), n)| ((symbol.parse().unwrap(), day), n)).collect();
        sorted.iter().map(|((symbol, day), numbers)| row(symbol, *day, *numbers)).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn quotes_come_back_bit_by_bit(rows in rows()) {
        let mut writer = QuoteWriter::new(stamp()).unwrap();
        for row in &rows {
            writer.push(row.clone()).unwrap();
        }
        let (parquet, count) = writer.finish().unwrap();
        prop_assert_eq!(count, rows.len() as u64);
        let (read, quotes) = read_quotes(parquet).unwrap();
        prop_assert_eq!(read, (!rows.is_empty()).then(stamp));
        prop_assert_eq!(quotes.iter().map(|row| bits(&row)).collect::<Vec<_>>(), rows.iter().map(bits).collect::<Vec<_>>());
    }

    #[test]
    fn rejected_rows_come_back(rows in prop::collection::vec((".*", prop::option::of(-25_567_i32..120_530), ".*", ".*"), 0..20)) {
        let rejected = |(symbol, day, reason, detail): (String, Option<i32>, String, String)| {
            RejectedRow { symbol, session: day.and_then(Session::from_days_since_epoch), reason, detail }
        };
        let rows: Vec<RejectedRow> = rows.into_iter().map(rejected).collect();
        prop_assert_eq!(read_quarantine(write_quarantine(&stamp(), &rows).unwrap()).unwrap(), rows);
    }

    #[test]
    fn bytes_that_are_no_parquet_are_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(read_quotes(bytes.into()).is_err());
    }
}

#[test]
fn rows_out_of_order_are_refused() {
    let mut writer = QuoteWriter::new(stamp()).unwrap();
    let (a, b) = ("A".parse().unwrap(), "B".parse().unwrap());
    writer.push(row(&a, 5, [1.0; 7])).unwrap();
    writer.push(row(&b, 4, [1.0; 7])).unwrap();
    for late in [row(&b, 4, [1.0; 7]), row(&b, 3, [1.0; 7]), row(&a, 6, [1.0; 7])] {
        assert!(matches!(writer.push(late), Err(Error::Unsorted { .. })));
    }
    assert_eq!(writer.finish().unwrap().1, 2);
}

#[test]
fn a_file_of_several_row_groups_is_read_one_at_a_time() {
    let rows = ROW_GROUP_ROWS + 10;
    let symbol: Symbol = "AAPL".parse().unwrap();
    let mut writer = QuoteWriter::new(stamp()).unwrap();
    for day in 0..rows {
        writer.push(row(&symbol, day as i32, [day as f64; 7])).unwrap();
    }
    let (parquet, _) = writer.finish().unwrap();
    let groups: Vec<_> = QuoteReader::new(parquet).unwrap().map(|group| group.unwrap().1).collect();
    assert_eq!(groups.iter().map(|group| group.len()).collect::<Vec<_>>(), [ROW_GROUP_ROWS, 10]);
    assert_eq!(groups[1].get(9).unwrap().bar.close, (rows - 1) as f64);
}

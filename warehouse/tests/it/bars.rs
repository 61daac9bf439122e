//! The past does not change: what a reader sees depends on where it stands, not on when it asks.

use std::collections::BTreeSet;

use weekahead_market::{AsOf, BarSeries, Panel, Session, Symbol};
use weekahead_warehouse::{BarVersion, Warehouse};

use crate::support::{as_of, bar, migrated, session, symbol};

async fn closes(warehouse: &Warehouse, as_of: AsOf, name: &str) -> Vec<f64> {
    let panel: Panel = warehouse.bars(as_of, None, None).await.unwrap();
    panel.get(&symbol(name)).map(|series| series.bars().iter().map(|b| b.close).collect()).unwrap_or_default()
}

#[tokio::test]
async fn a_restated_bar_is_invisible_before_it_was_known() {
    let (engine, warehouse) = migrated().await;
    // Thursday's close is 10. On Saturday noon the provider corrects it to 11.
    let first = [
        bar("AAPL", "2013-01-24", 10.0, "2013-01-24T21:15:00Z", 1),
        bar("AAPL", "2013-01-25", 12.0, "2013-01-25T21:15:00Z", 1),
        bar("IBM", "2013-01-25", 200.0, "2013-01-25T21:15:00Z", 1),
    ];
    warehouse.write_bars(&first).await.unwrap();
    let friday_evening = as_of("2013-01-25T23:00:00Z");
    let before = warehouse.bars(friday_evening, None, None).await.unwrap();
    assert_eq!(before.rows(), 3);

    warehouse.write_bars(&[bar("AAPL", "2013-01-24", 11.0, "2013-01-26T12:00:00Z", 2)]).await.unwrap();

    // A reader on Friday evening still sees 10, bit for bit; one on Saturday afternoon sees 11.
    assert_eq!(warehouse.bars(friday_evening, None, None).await.unwrap(), before);
    assert_eq!(closes(&warehouse, as_of("2013-01-26T11:59:59.999999Z"), "AAPL").await, [10.0, 12.0]);
    assert_eq!(closes(&warehouse, as_of("2013-01-26T12:00:00Z"), "AAPL").await, [11.0, 12.0]);

    // The bar itself appears in the instant in which it is known, not a microsecond earlier.
    assert_eq!(closes(&warehouse, as_of("2013-01-25T21:14:59.999999Z"), "AAPL").await, [10.0]);
    assert_eq!(closes(&warehouse, as_of("2013-01-25T21:15:00Z"), "AAPL").await, [10.0, 12.0]);
    assert!(closes(&warehouse, as_of("1990-01-01"), "AAPL").await.is_empty());
    assert_eq!(closes(&warehouse, as_of("9999-01-01"), "AAPL").await, [11.0, 12.0]);

    lineage_follows_the_reader(&warehouse).await;
    filters_narrow_the_panel(&warehouse).await;
    engine.stop().await;
}

#[tokio::test]
async fn what_became_known_since_is_told_apart() {
    let (engine, warehouse) = migrated().await;
    let versions = [
        bar("AAPL", "2013-01-24", 10.0, "2013-01-24T22:00:00Z", 1),
        bar("AAPL", "2013-01-24", 11.0, "2013-01-26T12:00:00Z", 2),
        bar("AAPL", "2013-01-25", 12.0, "2013-01-25T22:00:00Z", 1),
        bar("IBM", "2013-01-24", 20.0, "2013-01-24T22:00:00Z", 1),
    ];
    warehouse.write_bars(&versions).await.unwrap();
    let both = [symbol("AAPL"), symbol("IBM")];
    let since = async |from: &str, to: &str| {
        let found = warehouse.bars_since(as_of(to), as_of(from), &both).await.unwrap();
        found.iter().map(|history| (history.symbol().to_string(), history.len())).collect::<Vec<_>>()
    };
    let apple = |versions| vec![("AAPL".to_owned(), versions)];
    assert_eq!(since("2013-01-24T22:00:00Z", "2013-01-26T12:00:00Z").await, apple(2));
    assert_eq!(since("2013-01-24T22:00:00Z", "2013-01-26").await, apple(2));
    assert_eq!(since("2013-01-24T22:00:00Z", "2013-01-25T23:00:00Z").await, apple(1));
    assert_eq!(since("2013-01-26T12:00:00Z", "2013-01-27").await, []);
    engine.stop().await;
}

async fn lineage_follows_the_reader(warehouse: &Warehouse) {
    assert_eq!(warehouse.load_ids(as_of("2013-01-25T23:00:00Z"), None).await.unwrap(), ["load-1"]);
    let saturday = as_of("2013-01-26T12:00:00Z");
    assert_eq!(warehouse.load_ids(saturday, None).await.unwrap(), ["load-1", "load-2"]);
    assert_eq!(warehouse.load_ids(saturday, Some(&[symbol("IBM")])).await.unwrap(), ["load-1"]);
    let by_symbol = warehouse.load_ids_by_symbol(saturday, None).await.unwrap();
    assert_eq!(by_symbol[&symbol("AAPL")], ["load-1", "load-2"]);
    assert_eq!(by_symbol[&symbol("IBM")], ["load-1"]);
    let both = [symbol("AAPL"), symbol("IBM")];
    assert_eq!(warehouse.load_ids_by_symbol(saturday, Some(&both)).await.unwrap(), by_symbol);
    let friday = warehouse.load_ids_by_symbol(as_of("2013-01-25T23:00:00Z"), Some(&both)).await.unwrap();
    assert_eq!(friday[&symbol("AAPL")], ["load-1"]);
}

/// The closes of some sessions are enough for a return between them, unless something was paid in between.
#[tokio::test]
async fn closes_are_folded_symbol_by_symbol() {
    let (engine, warehouse) = migrated().await;
    let known = |day: &str| format!("{day}T22:00:00Z");
    let week = ["2013-01-21", "2013-01-22", "2013-01-23", "2013-01-24", "2013-01-25"];
    let of = |name: &str, base: f64| -> Vec<BarVersion> {
        let bars = week.iter().enumerate();
        bars.map(|(at, day)| bar(name, day, base + at as f64, &known(day), 1)).collect()
    };
    let mut bars = [of("AAPL", 10.0), of("IBM", 200.0), of("MSFT", 30.0), of("ZZZ", 1.0)].concat();
    bars[7].dividend = 0.5;
    // A correction, and one that nobody knew of yet.
    bars.insert(5, bar("AAPL", "2013-01-25", 14.5, "2013-01-26T12:00:00Z", 2));
    bars.push(bar("MSFT", "2013-01-21", 3.0, "2013-03-01T12:00:00Z", 2));
    warehouse.write_bars(&bars).await.unwrap();
    let (first, last) = (symbol("AAPL"), symbol("MSFT"));
    let folded = async |at: &str, days: &[&str]| {
        let sessions: BTreeSet<Session> = days.iter().map(|day| session(day)).collect();
        let from = sessions.first().copied().unwrap_or(session(week[0]));
        let take = |all: &mut Vec<(String, Vec<f64>)>, symbol: &Symbol, series: &BarSeries| {
            all.push((symbol.to_string(), series.bars().iter().map(|bar| bar.close).collect()));
        };
        warehouse.fold_closes(as_of(at), &first..=&last, from, &sessions, take).await.unwrap()
    };
    let expected = |of: &[(&str, &[f64])]| -> Vec<(String, Vec<f64>)> {
        of.iter().map(|(name, closes)| (name.to_string(), closes.to_vec())).collect()
    };
    let ends = [week[0], week[4]];
    let whole = [200.0, 201.0, 202.0, 203.0, 204.0];
    let friday = [("AAPL", &[10.0, 14.0][..]), ("IBM", &whole), ("MSFT", &[30.0, 34.0])];
    assert_eq!(folded("2013-01-25T23:00:00Z", &ends).await, expected(&friday));
    let saturday = [("AAPL", &[10.0, 14.5][..]), ("IBM", &whole), ("MSFT", &[30.0, 34.0])];
    assert_eq!(folded("2013-02-01", &ends).await, expected(&saturday));
    let after = [("AAPL", &[14.5][..]), ("IBM", &[204.0]), ("MSFT", &[34.0])];
    assert_eq!(folded("2013-02-01", &ends[1..]).await, expected(&after), "paid before the first of them");
    assert_eq!(folded("2013-02-01", &[]).await, expected(&[("IBM", &whole)]));
    engine.stop().await;
}

async fn filters_narrow_the_panel(warehouse: &Warehouse) {
    let at = as_of("2013-01-26T12:00:00Z");
    let from = Some(session("2013-01-25"));
    let apple = [symbol("AAPL"), symbol("NONE")];
    let panel = warehouse.bars(at, Some(&apple), from).await.unwrap();
    assert_eq!(panel.symbols().map(|s| s.to_string()).collect::<Vec<_>>(), ["AAPL"]);
    let series = panel.get(&symbol("AAPL")).unwrap();
    assert_eq!(series.sessions(), [session("2013-01-25")]);
    assert_eq!(series.knowledge_times(), [as_of("2013-01-25T21:15:00Z").as_microsecond()]);
    assert!(warehouse.bars(at, Some(&[]), None).await.unwrap().is_empty());
}

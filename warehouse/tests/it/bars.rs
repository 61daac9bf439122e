//! The past does not change: what a reader sees depends on where it stands, not on when it asks.

use weekahead_market::{AsOf, Panel};
use weekahead_warehouse::Warehouse;

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

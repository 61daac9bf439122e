//! The demo's quotes: real days of five companies, from the Python package `bokeh_sampledata`.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use weekahead_ingest::replay::{QuoteStore, SymbolQuotes};
use weekahead_market::{Calendar, Session};

use crate::world::{NOW, World, session, symbol};

/// `stocks.csv.gz` in the project's Python environment.
fn sample() -> PathBuf {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let venv = std::env::var_os("WEEKAHEAD_VENV").map_or_else(|| repository.join(".venv"), PathBuf::from);
    let file = "site-packages/bokeh_sampledata/_data/stocks.csv.gz";
    let versions = std::fs::read_dir(venv.join("lib")).into_iter().flatten().flatten();
    let found = versions.map(|version| version.path().join(file)).find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!("no {file} under {}: run `make test`, or set WEEKAHEAD_VENV", venv.display())
    })
}

fn sessions(quotes: &SymbolQuotes) -> Vec<Session> {
    quotes.days().iter().map(|day| day.session).collect()
}

#[test]
fn its_sessions_are_those_of_the_exchange() {
    let store = QuoteStore::read(&sample()).unwrap();
    let symbols: Vec<_> = store.symbols().map(|symbol| symbol.as_str()).collect();
    assert_eq!(symbols, ["AAPL", "FB", "GOOG", "IBM", "MSFT"]);
    let calendar = Calendar::nyse();
    for (name, first) in
        [("IBM", "2000-03-01"), ("AAPL", "2000-03-01"), ("GOOG", "2004-08-19"), ("FB", "2012-05-18")]
    {
        let quotes = store.get(&symbol(name)).unwrap();
        assert_eq!(sessions(quotes), calendar.between(session(first), session("2013-03-01")), "{name}");
    }
}

#[test]
fn its_corporate_actions_are_found_in_the_adjusted_close() {
    let store = QuoteStore::read(&sample()).unwrap();
    let actions = |name| {
        let days = store.get(&symbol(name)).unwrap().days();
        let splits = days.iter().filter(|day| day.action.split != 1.0);
        let splits: Vec<_> = splits.map(|day| (day.session.to_string(), day.action.split)).collect();
        let dividends = days.iter().filter(|day| day.action.dividend > 0.0);
        let dividends: Vec<_> = dividends.map(|day| (day.session, day.action.dividend)).collect();
        (splits, dividends)
    };
    let (splits, dividends) = actions("AAPL");
    assert_eq!(splits, [("2000-06-21".to_owned(), 2.0), ("2005-02-28".to_owned(), 2.0)]);
    assert_eq!(dividends.len(), 3);
    // 2.65 was paid; the adjusted close tells it as nearly as it was rounded when it was made.
    assert!(dividends.iter().all(|(_, amount)| (amount - 2.65).abs() < 0.15), "{dividends:?}");
    let (splits, dividends) = actions("MSFT");
    assert_eq!(splits, [("2003-02-18".to_owned(), 2.0)]);
    let special = dividends.iter().find(|(day, _)| *day == session("2004-11-15")).unwrap();
    assert!((special.1 - 3.08).abs() < 0.1, "{special:?}");
    let (splits, dividends) = actions("IBM");
    assert_eq!((splits.len(), dividends.len()), (0, 52), "a dividend a quarter");
    assert_eq!(actions("GOOG"), (vec![], vec![]));
}

#[tokio::test]
async fn it_arrives_in_the_lake_as_traded() {
    let world = World::over(TempDir::new().unwrap(), sample()).await;
    let symbols = ["AAPL", "FB", "GOOG", "IBM", "MSFT"];
    let record = world.ingest_since(NOW, &symbols, "2000-03-01").await.record.unwrap();
    assert_eq!((record.rows_rejected, record.quality.null_rows, record.quality.duplicate_rows), (0, 0, 0));
    let store = QuoteStore::read(&sample()).unwrap();
    let last = session("2013-01-25");
    let rows = world.rows(&record).await;
    let mut expected = Vec::new();
    for name in symbols {
        let days = store.get(&symbol(name)).unwrap().days().iter().filter(|day| day.session <= last);
        expected.extend(days.map(|day| (name, *day)));
    }
    assert_eq!(rows.len(), expected.len());
    for (row, (name, day)) in rows.iter().zip(expected) {
        assert_eq!((row.symbol.as_str(), row.session, row.bar), (name, day.session, day.bar));
        assert_eq!(row.action.split, day.action.split);
        assert!((row.action.dividend - day.action.dividend).abs() < 1e-9);
    }
    assert_eq!(world.ingest_since(NOW, &symbols, "2000-03-01").await.record, None);
}

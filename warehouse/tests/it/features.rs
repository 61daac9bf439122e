//! Feature views: columns come and go by name, rows are versions, and writing twice is writing once.

use weekahead_market::Symbol;
use weekahead_warehouse::{Coverage, Error, FeatureKey, FeatureRow, FeatureRows, SessionRange, Warehouse};

use crate::support::{as_of, micros, migrated, session, symbol};

const VIEW: &str = "weekly_core";
const VERSION: &str = "abc123";

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn row(name: &str, day: &str, known: &str, values: &[f32]) -> FeatureRow {
    FeatureRow {
        symbol: symbol(name),
        session: session(day),
        knowledge_time: micros(known),
        values: values.to_vec(),
    }
}

fn history() -> Vec<FeatureRow> {
    vec![
        row("AAPL", "2013-01-24", "2013-01-24T21:15:00Z", &[1.0, f32::NAN]),
        row("AAPL", "2013-01-25", "2013-01-25T21:15:00Z", &[2.0, 0.2]),
        row("IBM", "2013-01-24", "2013-01-24T21:15:00Z", &[3.0, 0.3]),
        // A restatement of Thursday's bar moves both of the rows that look back on it.
        row("AAPL", "2013-01-24", "2013-01-26T12:00:00Z", &[1.5, 0.15]),
        row("AAPL", "2013-01-25", "2013-01-26T12:00:00Z", &[2.5, 0.25]),
    ]
}

async fn write(warehouse: &Warehouse, at: &str, rows: Vec<FeatureRow>) -> usize {
    let at = as_of(at).instant();
    warehouse.write_features(VIEW, VERSION, &names(&["Ret_1", "vol_20"]), at, rows).await.unwrap()
}

async fn column(warehouse: &Warehouse, at: &str, name: &str, symbols: Option<&[Symbol]>) -> Vec<f32> {
    let wanted = names(&[name]);
    let rows =
        warehouse.features(as_of(at), VIEW, VERSION, &wanted, symbols, SessionRange::ALL).await.unwrap();
    rows.column(name).unwrap().collect()
}

#[tokio::test]
async fn features_are_read_as_they_were_known() {
    let (engine, warehouse) = migrated().await;
    warehouse.create_feature_table(VIEW, &names(&["Ret_1", "vol_20"])).await.unwrap();
    assert_eq!(write(&warehouse, "2013-02-01", history()).await, 5);
    assert_eq!(column(&warehouse, "2013-01-25T23:00:00Z", "Ret_1", None).await, [1.0, 2.0, 3.0]);
    assert_eq!(column(&warehouse, "2013-01-26T12:00:00Z", "Ret_1", None).await, [1.5, 2.5, 3.0]);
    let apple = [symbol("AAPL")];
    let volatility = column(&warehouse, "2013-01-25T23:00:00Z", "vol_20", Some(&apple)).await;
    assert!(volatility[0].is_nan() && volatility[1] == 0.2);

    latest_and_ranges(&warehouse).await;
    twice_is_once(&warehouse).await;
    a_view_grows(&warehouse).await;
    engine.stop().await;
}

async fn latest_and_ranges(warehouse: &Warehouse) {
    let wanted = names(&["vol_20", "Ret_1"]);
    let friday = as_of("2013-01-25T23:00:00Z");
    let latest = warehouse.latest_features(friday, VIEW, VERSION, &wanted, None, None).await.unwrap();
    assert_eq!(latest.sessions, [session("2013-01-25"), session("2013-01-24")]);
    assert_eq!((latest.row(0), latest.row(1)), (Some(&[0.2, 2.0][..]), Some(&[0.3, 3.0][..])));
    assert_eq!(latest.knowledge_times[0], micros("2013-01-25T21:15:00Z"));
    let later =
        warehouse.latest_features(as_of("2013-01-27"), VIEW, VERSION, &wanted, None, None).await.unwrap();
    assert_eq!(later.row(0), Some(&[0.25, 2.5][..]));
    recent_or_not(warehouse, &latest).await;

    let only = SessionRange::only(session("2013-01-24"));
    let rows = warehouse.features(friday, VIEW, VERSION, &wanted, None, only).await.unwrap();
    assert_eq!(rows.symbols, [symbol("AAPL"), symbol("IBM")]);
    let other = warehouse.features(friday, VIEW, "other", &wanted, None, only).await.unwrap();
    assert!(other.is_empty());
}

/// Wherever the newest rows are expected, the same ones are found.
async fn recent_or_not(warehouse: &Warehouse, latest: &FeatureRows) {
    let (friday, symbols) = (as_of("2013-01-25T23:00:00Z"), [symbol("IBM"), symbol("AAPL"), symbol("NONE")]);
    for recent in ["2012-12-31", "2013-01-24", "2013-01-25", "2013-01-28"] {
        let recent = Some(session(recent));
        let found = warehouse.latest_features(friday, VIEW, VERSION, &latest.names, Some(&symbols), recent);
        let found = found.await.unwrap();
        assert_eq!((&found.symbols, &found.sessions), (&latest.symbols, &latest.sessions), "{recent:?}");
        assert_eq!((&found.values, &found.knowledge_times), (&latest.values, &latest.knowledge_times));
    }
}

/// A forecast reads copies of recent rows, and only such as are the same to the bit.
#[tokio::test]
async fn copies_are_read_where_they_are_the_row_that_counts() {
    let (engine, warehouse) = migrated().await;
    let wanted = names(&["Ret_1", "vol_20"]);
    warehouse.create_feature_table(VIEW, &wanted).await.unwrap();
    write(&warehouse, "2013-02-01", history()).await;
    let read = async |at: &str, recent: &str| {
        let symbols = [symbol("AAPL"), symbol("IBM")];
        let (at, recent) = (as_of(at), Some(session(recent)));
        let rows =
            warehouse.latest_features(at, VIEW, VERSION, &wanted, Some(&symbols), recent).await.unwrap();
        assert_eq!(rows.symbols, symbols);
        rows.column("Ret_1").unwrap().collect::<Vec<f32>>()
    };
    assert_eq!(read("2013-02-01", "2013-01-24").await, [2.5, 3.0], "there are none");
    // Copies that say something else under the digest of the row: only so can be told where a value came from.
    let copy = |of: &str, plus: u32| {
        format!(
            "INSERT INTO recent.{VIEW} SELECT * REPLACE (Ret_1 + 10 AS Ret_1, row_digest + {plus} AS row_digest) \
             FROM features.{VIEW} FINAL WHERE {of}"
        )
    };
    warehouse.execute(&copy("symbol = 'IBM'", 0)).await.unwrap();
    assert_eq!(read("2013-02-01", "2013-01-24").await, [2.5, 13.0], "one is looked for elsewhere");
    assert_eq!(read("2013-02-01", "2013-01-25").await, [2.5, 3.0], "it is not as recent as that");
    warehouse.execute(&copy("session = '2013-01-24' AND symbol = 'AAPL'", 0)).await.unwrap();
    assert_eq!(read("2013-02-01", "2013-01-24").await, [2.5, 13.0], "not the newest session");
    warehouse.execute(&copy("knowledge_time < '2013-01-26'", 0)).await.unwrap();
    assert_eq!(read("2013-02-01", "2013-01-24").await, [2.5, 13.0], "it was restated since");
    assert_eq!(read("2013-01-25T23:00:00Z", "2013-01-24").await, [12.0, 13.0], "and not yet then");
    assert_eq!(read("2013-01-24T23:00:00Z", "2013-01-24").await, [11.0, 13.0]);
    warehouse.execute(&copy("knowledge_time >= '2013-01-26'", 1)).await.unwrap();
    assert_eq!(read("2013-02-01", "2013-01-24").await, [2.5, 13.0], "it is not the same row");

    warehouse.drop_recent_features(VIEW, session("2013-01-31")).await.unwrap();
    assert_eq!(read("2013-02-01", "2013-01-24").await, [2.5, 13.0]);
    warehouse.drop_recent_features(VIEW, session("2013-02-01")).await.unwrap();
    assert_eq!(read("2013-02-01", "2013-01-24").await, [2.5, 3.0]);
    warehouse.execute(&copy("symbol = 'IBM'", 0)).await.unwrap();
    assert_eq!(read("2013-02-01", "2013-01-24").await, [2.5, 13.0]);
    warehouse.execute(&format!("ALTER TABLE recent.{VIEW} DROP COLUMN vol_20")).await.unwrap();
    assert_eq!(read("2013-02-01", "2013-01-24").await, [2.5, 3.0], "copies of another version of the view");
    warehouse.execute(&format!("DROP TABLE recent.{VIEW}")).await.unwrap();
    assert_eq!(read("2013-02-01", "2013-01-24").await, [2.5, 3.0], "a view of an earlier program");
    engine.stop().await;
}

/// A view of many features is read in several queries, and over the turn of a year: each value stays in its row and column.
#[tokio::test]
async fn a_wide_view_is_read_as_it_was_written() {
    let (engine, warehouse) = migrated().await;
    let wide: Vec<String> = (0..100).map(|at| format!("f{at}")).collect();
    warehouse.create_feature_table("wide", &wide).await.unwrap();
    let days = ["2012-12-28", "2012-12-31", "2013-01-02", "2013-01-03"];
    let value = |of: usize, day: usize, feature: usize| (1_000 * of + 200 * day + feature) as f32;
    let rows = ["AAPL", "IBM"].iter().enumerate().flat_map(|(of, name)| {
        days.iter().enumerate().map(move |(at, day)| {
            let values: Vec<f32> = (0..100).map(|feature| value(of, at, feature)).collect();
            row(name, day, &format!("{day}T21:15:00Z"), &values)
        })
    });
    let now = as_of("2013-02-01");
    warehouse.write_features("wide", VERSION, &wide, now.instant(), rows).await.unwrap();
    let read = warehouse.features(now, "wide", VERSION, &wide, None, SessionRange::ALL).await.unwrap();
    let expected: Vec<f32> = (0..2)
        .flat_map(|of| (0..4).flat_map(move |day| (0..100).map(move |feature| value(of, day, feature))))
        .collect();
    assert_eq!((read.values, read.sessions.len()), (expected, 8));
    engine.stop().await;
}

async fn twice_is_once(warehouse: &Warehouse) {
    let digest = warehouse.table_digest("features", VIEW, &["symbol", "session", "Ret_1"]).await.unwrap();
    assert_eq!(digest.rows, 5);
    write(warehouse, "2013-02-02", history().into_iter().rev().collect()).await;
    assert_eq!(
        warehouse.table_digest("features", VIEW, &["symbol", "session", "Ret_1"]).await.unwrap(),
        digest
    );
    assert_eq!(warehouse.row_counts("features").await.unwrap()[VIEW], 5);

    let keys = warehouse.feature_keys(as_of("2013-01-25T23:00:00Z"), VIEW, VERSION, None).await.unwrap();
    assert_eq!(keys.values().map(Vec::len).sum::<usize>(), 3);
    let ibm = &keys[&symbol("IBM")];
    assert_eq!(
        (ibm[0].session, ibm[0].knowledge_time),
        (session("2013-01-24"), micros("2013-01-24T21:15:00Z"))
    );
    let apple: Vec<i64> = keys[&symbol("AAPL")].iter().map(|key| key.knowledge_time).collect();
    assert_eq!(apple, [micros("2013-01-24T21:15:00Z"), micros("2013-01-25T21:15:00Z")]);
    sums_of_digests(warehouse).await;
}

/// What is stored, under whatever key and however often, sums up to what was written.
async fn sums_of_digests(warehouse: &Warehouse) {
    let all = [symbol("AAPL"), symbol("IBM"), symbol("NONE")];
    let now = as_of("2013-02-03");
    let keys = warehouse.feature_keys(now, VIEW, VERSION, Some(&all)).await.unwrap();
    let sum = |keys: &[FeatureKey]| keys.iter().fold(0_u64, |sum, key| sum.wrapping_add(key.digest));
    let then = Some(as_of("2013-01-25T23:00:00Z"));
    let coverage = warehouse.feature_coverage(now, then, VIEW, VERSION, &all).await.unwrap();
    assert_eq!(coverage.keys().collect::<Vec<_>>(), [&symbol("AAPL"), &symbol("IBM")]);
    for (name, stored) in &keys {
        let Coverage { then, now } = coverage[name];
        assert_eq!((now.rows, now.hash), (stored.len() as u64, sum(stored)));
        let early: Vec<FeatureKey> = stored
            .iter()
            .copied()
            .filter(|key| key.knowledge_time <= micros("2013-01-25T23:00:00Z"))
            .collect();
        assert_eq!((then.rows, then.hash), (early.len() as u64, sum(&early)));
    }
    assert!(warehouse.feature_coverage(now, None, VIEW, "other", &all).await.unwrap().is_empty());
}

async fn a_view_grows(warehouse: &Warehouse) {
    let before = warehouse.table_digest("features", VIEW, &["symbol", "Ret_1"]).await.unwrap();
    let error = warehouse
        .features(as_of("2013-02-01"), VIEW, VERSION, &names(&["rsi_14"]), None, SessionRange::ALL)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Refused { .. }), "{error}");
    warehouse.create_feature_table(VIEW, &names(&["Ret_1", "rsi_14"])).await.unwrap();
    assert_eq!(warehouse.table_digest("features", VIEW, &["symbol", "Ret_1"]).await.unwrap(), before);
    assert!(column(warehouse, "2013-02-01", "rsi_14", None).await.iter().all(|value| value.is_nan()));
    let narrow = row("AAPL", "2013-01-28", "2013-01-28T21:15:00Z", &[1.0]);
    let wanted = names(&["Ret_1", "rsi_14"]);
    let error = warehouse
        .write_features(VIEW, VERSION, &wanted, as_of("2013-02-01").instant(), [narrow])
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Width { expected: 2, actual: 1, .. }), "{error}");
}

#[tokio::test]
async fn many_wide_rows_travel_in_blocks() {
    let (engine, warehouse) = migrated().await;
    let wanted: Vec<String> = (0..158).map(|i| format!("f{i}")).collect();
    warehouse.create_feature_table("alpha158", &wanted).await.unwrap();
    let first = session("1960-01-04");
    let rows = (0..40_000i32).map(|i| {
        let day = first.days_since_epoch() + i % 20_000;
        FeatureRow {
            symbol: symbol(if i < 20_000 { "AAPL" } else { "IBM" }),
            session: weekahead_market::Session::from_days_since_epoch(day).unwrap(),
            knowledge_time: i64::from(day) * 86_400_000_000,
            values: (0..158).map(|f| (i * 158 + f) as f32).collect(),
        }
    });
    let at = as_of("2015-01-01");
    let written = warehouse.write_features("alpha158", VERSION, &wanted, at.instant(), rows).await.unwrap();
    assert_eq!(written, 40_000);
    let read = warehouse.features(at, "alpha158", VERSION, &wanted, None, SessionRange::ALL).await.unwrap();
    assert_eq!(read.len(), 40_000);
    assert_eq!(read.sessions[0], first);
    assert!(read.values.iter().enumerate().all(|(i, value)| *value == i as f32));
    engine.stop().await;
}

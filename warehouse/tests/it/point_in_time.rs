//! The point-in-time join against the engine: the newest known row of each entity row, however the rows lie on disk.

use weekahead_warehouse::{Entities, Error, FeatureRow, Joined, Warehouse};

use crate::support::{as_of, micros, migrated, session, symbol};

const VIEW: &str = "weekly_core";
const VERSION: &str = "abc123";

fn names() -> Vec<String> {
    vec!["ret_1".to_owned(), "vol_20".to_owned()]
}

fn row(name: &str, day: &str, known: &str, ret_1: f32) -> FeatureRow {
    let known = if known.is_empty() { format!("{day}T21:15:00Z") } else { known.to_owned() };
    FeatureRow {
        symbol: symbol(name),
        session: session(day),
        knowledge_time: micros(&known),
        values: vec![ret_1, ret_1 / 10.0],
    }
}

/// Thursday is restated on Saturday, and Friday, which looks back on it; Monday's bar comes late; IBM stops trading.
fn history() -> Vec<FeatureRow> {
    vec![
        row("AAPL", "2013-01-24", "", 1.0),
        row("AAPL", "2013-01-25", "", 2.0),
        row("AAPL", "2013-01-24", "2013-01-26T12:00:00Z", 1.5),
        row("AAPL", "2013-01-25", "2013-01-26T12:00:00Z", 2.5),
        row("AAPL", "2013-01-28", "2013-01-30T09:00:00Z", 3.0),
        row("AAPL", "2013-01-29", "", f32::NAN),
        row("IBM", "2012-06-01", "", 7.0),
    ]
}

async fn write(warehouse: &Warehouse, version: &str, at: &str, rows: Vec<FeatureRow>) {
    let at = as_of(at).instant();
    warehouse.write_features(VIEW, version, &names(), at, rows).await.unwrap();
}

fn entities(rows: &[(&str, &str)]) -> Entities {
    let mut entities = Entities::default();
    rows.iter().for_each(|(symbol, at)| entities.push(symbol, as_of(at)));
    entities
}

async fn join(warehouse: &Warehouse, rows: &[(&str, &str)]) -> Joined {
    warehouse.point_in_time_join(VIEW, VERSION, &names(), &entities(rows)).await.unwrap()
}

fn told(joined: &Joined) -> Vec<String> {
    let known =
        |micros: Option<i64>| micros.map(|m| jiff::Timestamp::from_microsecond(m).unwrap().to_string());
    let row = |i: usize| match joined.sessions[i] {
        Some(session) => {
            let values: Vec<f32> = joined.columns.iter().map(|column| column[i]).collect();
            format!("{session} known {} {values:?}", known(joined.knowledge_times[i]).unwrap())
        }
        None => "nothing".to_owned(),
    };
    (0..joined.len()).map(row).collect()
}

const ASKED: [(&str, &str); 11] = [
    ("IBM", "2013-01-25T22:00:00Z"),
    ("AAPL", "2013-01-29T21:14:59.999999Z"),
    ("AAPL", "2013-01-24T21:14:59.999999Z"),
    ("AAPL", "2013-01-24T21:15:00Z"),
    ("AAPL", "2013-01-25T22:00:00Z"),
    ("AAPL", "2013-01-26T12:00:00Z"),
    ("NOPE", "2013-01-25T22:00:00Z"),
    ("AAPL", "2013-01-29T21:15:00Z"),
    ("AAPL", "2013-01-25T22:00:00Z"),
    ("not a symbol", "2013-01-25T22:00:00Z"),
    ("IBM", "2012-06-01T21:00:00Z"),
];

const EXPECTED: [&str; 11] = [
    "2012-06-01 known 2012-06-01T21:15:00Z [7.0, 0.7]",
    "2013-01-25 known 2013-01-26T12:00:00Z [2.5, 0.25]",
    "nothing",
    "2013-01-24 known 2013-01-24T21:15:00Z [1.0, 0.1]",
    "2013-01-25 known 2013-01-25T21:15:00Z [2.0, 0.2]",
    "2013-01-25 known 2013-01-26T12:00:00Z [2.5, 0.25]",
    "nothing",
    "2013-01-29 known 2013-01-29T21:15:00Z [NaN, NaN]",
    "2013-01-25 known 2013-01-25T21:15:00Z [2.0, 0.2]",
    "nothing",
    "nothing",
];

#[tokio::test]
async fn every_row_sees_what_was_known_where_it_stands() {
    let (engine, warehouse) = migrated().await;
    warehouse.create_feature_table(VIEW, &names()).await.unwrap();
    assert_eq!(join(&warehouse, &ASKED).await.unmatched(), ASKED.len());
    write(&warehouse, VERSION, "2013-02-01", history()).await;
    let joined = join(&warehouse, &ASKED).await;
    assert_eq!(told(&joined), EXPECTED);
    assert_eq!(joined.unmatched(), 4);
    assert_eq!(joined.column("vol_20").map(|column| column[3]), Some(0.1));
    assert!(join(&warehouse, &[]).await.is_empty());

    only_rows_of_the_version_count(&warehouse).await;
    later_writes_replace_earlier_ones(&warehouse).await;
    engine.stop().await;
}

async fn only_rows_of_the_version_count(warehouse: &Warehouse) {
    write(warehouse, "other", "2013-02-02", vec![row("AAPL", "2013-01-25", "2013-01-25T21:30:00Z", 9.0)])
        .await;
    assert_eq!(told(&join(warehouse, &ASKED).await), EXPECTED);
}

/// Of one key the write of the later clock counts, and of one clock the later write, before the engine merges them
/// and after.
async fn later_writes_replace_earlier_ones(warehouse: &Warehouse) {
    let key = |value| vec![row("AAPL", "2013-01-25", "", value)];
    warehouse.execute("SYSTEM STOP MERGES features.weekly_core").await.unwrap();
    write(warehouse, VERSION, "2013-02-03", key(4.0)).await;
    write(warehouse, VERSION, "2013-02-03", key(5.0)).await;
    write(warehouse, VERSION, "2013-02-02", key(6.0)).await;
    let friday = [("AAPL", "2013-01-25T22:00:00Z")];
    let expected = ["2013-01-25 known 2013-01-25T21:15:00Z [5.0, 0.5]"];
    assert_eq!(told(&join(warehouse, &friday).await), expected);
    warehouse.execute("SYSTEM START MERGES features.weekly_core").await.unwrap();
    warehouse.execute("OPTIMIZE TABLE features.weekly_core FINAL").await.unwrap();
    assert_eq!(told(&join(warehouse, &friday).await), expected);
}

#[tokio::test]
async fn perturbing_what_was_known_later_changes_no_byte() {
    let (engine, warehouse) = migrated().await;
    warehouse.create_feature_table(VIEW, &names()).await.unwrap();
    write(&warehouse, VERSION, "2013-02-01", history()).await;
    for (symbol, at) in ASKED {
        let before = join(&warehouse, &[(symbol, at)]).await;
        let late = history().into_iter().filter(|row| row.knowledge_time > micros(at));
        let poison = late.flat_map(|row| {
            let other = |shift: i64, value| FeatureRow {
                knowledge_time: row.knowledge_time + shift,
                values: vec![value, value],
                ..row.clone()
            };
            [other(0, 1e9), other(1, f32::INFINITY), other(86_400_000_000, -1e9)]
        });
        let poison: Vec<FeatureRow> = poison.collect();
        let known = warehouse.table_digest("features", VIEW, &[]).await.unwrap();
        write(&warehouse, VERSION, "2013-02-02", poison.clone()).await;
        let changed = warehouse.table_digest("features", VIEW, &[]).await.unwrap() != known;
        assert_eq!(changed, !poison.is_empty());
        let after = join(&warehouse, &[(symbol, at)]).await;
        assert_eq!(bytes(&after), bytes(&before), "{symbol} {at}");
        warehouse.execute("TRUNCATE TABLE features.weekly_core").await.unwrap();
        write(&warehouse, VERSION, "2013-02-01", history()).await;
    }
    engine.stop().await;
}

fn bytes(joined: &Joined) -> (Vec<String>, Vec<u32>) {
    let bits = joined.columns.concat().iter().map(|value| value.to_bits()).collect();
    (told(joined), bits)
}

#[tokio::test]
async fn what_cannot_be_joined_is_an_error() {
    let (engine, warehouse) = migrated().await;
    let asked = entities(&ASKED);
    let missing = warehouse.point_in_time_join(VIEW, VERSION, &names(), &asked).await.unwrap_err();
    assert!(matches!(missing, Error::UnknownTable { .. }), "{missing}");
    warehouse.create_feature_table(VIEW, &names()).await.unwrap();
    let other = ["rsi_14".to_owned()];
    let missing = warehouse.point_in_time_join(VIEW, VERSION, &other, &asked).await.unwrap_err();
    assert!(matches!(missing, Error::Refused { code: Some(47), .. }), "{missing}");
    let key = ["session".to_owned()];
    let taken = warehouse.point_in_time_join(VIEW, VERSION, &key, &asked).await.unwrap_err();
    assert!(matches!(taken, Error::Name { .. }), "{taken}");
    engine.stop().await;
}

#[tokio::test]
async fn thousands_of_symbols_are_asked_for_in_groups() {
    let (engine, warehouse) = migrated().await;
    warehouse.create_feature_table(VIEW, &names()).await.unwrap();
    let days = ["2013-01-24", "2013-01-25", "2013-01-28"];
    let rows = (0..4_500).flat_map(|i| days.map(|day| row(&format!("S{i:04}"), day, "", i as f32)));
    write(&warehouse, VERSION, "2013-02-01", rows.collect()).await;
    let mut asked = Entities::default();
    for i in (0..4_500).rev() {
        asked.push(&format!("S{i:04}"), as_of(&format!("{}T22:00:00Z", days[i % 3])));
    }
    let joined = warehouse.point_in_time_join(VIEW, VERSION, &names(), &asked).await.unwrap();
    assert_eq!(joined.unmatched(), 0);
    for (row, i) in (0..4_500).rev().enumerate() {
        assert_eq!(joined.sessions[row], Some(session(days[i % 3])));
        assert_eq!(joined.columns[0][row], i as f32);
    }
    engine.stop().await;
}

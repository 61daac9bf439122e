//! What the tests share: an endpoint over a directory of its own, and loads in it.

use std::path::Path;

use bytes::Bytes;
use tempfile::TempDir;
use weekahead_lake::embedded::{EmbeddedConfig, EmbeddedHandle, serve};
use weekahead_lake::quotes::{QuoteRow, QuoteWriter, RejectedRow, write_quarantine};
use weekahead_lake::{CommitRecord, Lake, LoadSummary, LoadWriter, Outcome, Quality, SymbolOutcome};
use weekahead_market::{Bar, CorporateAction, FixedClock, Session};

/// A Friday evening.
pub const NOW: &str = "2013-01-25T23:00:00Z";

pub struct World {
    pub lake: Lake,
    pub endpoint: EmbeddedHandle,
    pub root: TempDir,
}

impl World {
    pub async fn new() -> Self {
        let root = TempDir::new().unwrap();
        let config = config(root.path());
        let endpoint = serve(config.clone()).await.unwrap();
        let lake = Lake::open(&config.lake_config(endpoint.local_addr())).await.unwrap();
        Self { lake, endpoint, root }
    }

    /// Every name in the bucket.
    pub async fn keys(&self) -> Vec<String> {
        self.lake.list("").await.unwrap().into_iter().map(|object| object.key).collect()
    }
}

pub fn config(root: &Path) -> EmbeddedConfig {
    EmbeddedConfig {
        root: root.to_owned(),
        addr: "127.0.0.1:0".parse().unwrap(),
        access_key_id: "weekahead".into(),
        secret_access_key: "a secret of the tests".into(),
    }
}

pub fn clock(instant: &str) -> FixedClock {
    FixedClock::at(instant.parse().unwrap())
}

pub fn row(symbol: &str, session: &str) -> QuoteRow {
    QuoteRow {
        symbol: symbol.parse().unwrap(),
        session: session.parse().unwrap(),
        bar: Bar { open: 451.69, high: 456.23, low: 435.0, close: 439.88, volume: 43_143_800.0 },
        action: CorporateAction { dividend: 0.25, split: 2.0 },
        currency: "USD".into(),
        event_time: 1_359_147_600_000_000,
        available_at: 1_359_148_500_000_000,
    }
}

/// Puts one response, the quotes of `symbol` and one rejected row, but does not commit.
pub async fn put_objects(load: &LoadWriter, symbol: &str, sessions: &[&str]) {
    let mut quotes = QuoteWriter::new(load.stamp()).unwrap();
    for session in sessions {
        quotes.push(row(symbol, session)).unwrap();
    }
    let (parquet, rows) = quotes.finish().unwrap();
    let rejected = RejectedRow {
        symbol: symbol.into(),
        session: None,
        reason: "not_finite".into(),
        detail: r#"{"close":null}"#.into(),
    };
    let quarantine = write_quarantine(&load.stamp(), &[rejected]).unwrap();
    let response = Bytes::from(format!("{{\"symbol\":\"{symbol}\"}}\n"));
    load.put_responses(0, response).await.unwrap();
    load.put_quotes(parquet, rows).await.unwrap();
    load.put_quarantine(quarantine, 1).await.unwrap();
}

pub fn outcome(symbol: &str, outcome: Outcome, rows: u64, last: Option<&str>) -> SymbolOutcome {
    let session = |text: &str| text.parse::<Session>().unwrap();
    SymbolOutcome {
        symbol: symbol.parse().unwrap(),
        outcome,
        reason: if outcome == Outcome::Failed { "HTTP 500".into() } else { String::new() },
        rows,
        rows_rejected: 0,
        first_session: None,
        last_session: last.map(session),
        requested_from: None,
    }
}

/// A whole load of one symbol.
pub async fn commit(lake: &Lake, at: &str, symbol: &str, sessions: &[&str]) -> CommitRecord {
    let load = lake.begin_load("yahoo", &clock(at)).unwrap();
    put_objects(&load, symbol, sessions).await;
    load.commit(summary(symbol, sessions)).await.unwrap()
}

pub fn summary(symbol: &str, sessions: &[&str]) -> LoadSummary {
    let mut of_symbol = outcome(symbol, Outcome::Ok, sessions.len() as u64, sessions.last().copied());
    of_symbol.first_session = sessions.first().map(|text| text.parse().unwrap());
    of_symbol.rows_rejected = 1;
    LoadSummary { symbols: vec![of_symbol], quality: Quality { null_rows: 1, ..Quality::default() } }
}

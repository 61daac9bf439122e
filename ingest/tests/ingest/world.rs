//! What the tests share: a replay provider over quotes of their making, an embedded lake, a client between them.

use std::fmt::Write;
use std::path::PathBuf;

use jiff::Timestamp;
use tempfile::TempDir;
use weekahead_ingest::replay::{FaultPlan, ReplayConfig, ReplayHandle, serve};
use weekahead_ingest::{IngestReport, IngestRequest, Yahoo, YahooConfig, ingest};
use weekahead_lake::embedded::{self, EmbeddedConfig, EmbeddedHandle};
use weekahead_lake::quotes::{QuoteRow, read_quotes};
use weekahead_lake::{CommitRecord, Lake, ObjectKind};
use weekahead_market::{Calendar, FixedClock, Session, Symbol};

/// A Friday evening.
pub const NOW: &str = "2013-01-25T23:00:00Z";

pub struct World {
    pub lake: Lake,
    pub provider: ReplayHandle,
    pub yahoo: Yahoo,
    _endpoint: EmbeddedHandle,
    _root: TempDir,
}

impl World {
    /// A provider of `quotes` (a CSV's text) and an empty lake.
    pub async fn new(quotes: &str) -> Self {
        let root = TempDir::new().unwrap();
        let file = root.path().join("quotes.csv");
        std::fs::write(&file, quotes).unwrap();
        Self::over(root, file).await
    }

    /// A provider of a file of quotes and an empty lake.
    pub async fn over(root: TempDir, quotes: PathBuf) -> Self {
        let (endpoint, lake) = lake(&root).await;
        let provider = provider(quotes).await;
        let yahoo = Yahoo::new(patient(provider.base_url())).unwrap();
        Self { lake, provider, yahoo, _endpoint: endpoint, _root: root }
    }

    /// Ingests the symbols since 2012-10-01.
    pub async fn ingest(&self, now: &str, symbols: &[&str]) -> IngestReport {
        self.ingest_since(now, symbols, "2012-10-01").await
    }

    pub async fn ingest_since(&self, now: &str, symbols: &[&str], since: &str) -> IngestReport {
        let request = IngestRequest::new(symbols.iter().map(|text| symbol(text)).collect(), session(since));
        ingest(&self.lake, &self.yahoo, &clock(now), &request, &|_| {}).await.unwrap()
    }

    /// The quotes that a load brought.
    pub async fn rows(&self, record: &CommitRecord) -> Vec<QuoteRow> {
        let Some(object) = record.objects.iter().find(|object| object.kind == ObjectKind::Quotes) else {
            return Vec::new();
        };
        read_quotes(self.lake.get(&object.key).await.unwrap()).unwrap().1.iter().collect()
    }
}

pub async fn provider(quotes: PathBuf) -> ReplayHandle {
    let addr = "127.0.0.1:0".parse().unwrap();
    serve(ReplayConfig { quotes, addr, faults: FaultPlan::default() }).await.unwrap()
}

/// Waits little.
pub fn patient(base_url: String) -> YahooConfig {
    YahooConfig {
        first_delay_ms: 1,
        max_delay_ms: 1_500,
        max_attempts: 3,
        timeout_ms: 1_000,
        ..YahooConfig::local(base_url)
    }
}

async fn lake(root: &TempDir) -> (EmbeddedHandle, Lake) {
    let config = EmbeddedConfig {
        root: root.path().join("lake"),
        addr: "127.0.0.1:0".parse().unwrap(),
        access_key_id: "weekahead".into(),
        secret_access_key: "a secret of the tests".into(),
    };
    let endpoint = embedded::serve(config.clone()).await.unwrap();
    let lake = Lake::open(&config.lake_config(endpoint.local_addr())).await.unwrap();
    (endpoint, lake)
}

pub fn symbol(text: &str) -> Symbol {
    text.parse().unwrap()
}

pub fn session(text: &str) -> Session {
    text.parse().unwrap()
}

pub fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn clock(text: &str) -> FixedClock {
    FixedClock::at(instant(text))
}

/// Quotes of symbols for every session of New York from 2012-10-01 to 2013-03-01.
pub fn quotes(symbols: &[&str]) -> String {
    let mut csv = String::from("symbol,date,open,high,low,close,volume\n");
    for (n, symbol) in symbols.iter().enumerate() {
        let sessions = Calendar::nyse().between(session("2012-10-01"), session("2013-03-01")).to_vec();
        for (t, session) in sessions.into_iter().enumerate() {
            let close = 20.0 * (n + 1) as f64 + (t % 13) as f64 * 0.37;
            let (low, high) = (close - 0.5, close + 0.25);
            writeln!(csv, "{symbol},{session},{close:.2},{high:.2},{low:.2},{close:.2},{}", 1_000 + t)
                .unwrap();
        }
    }
    csv
}

//! What is held follows the bars: it is what a fresh load would give, and what a build writes, to the bit.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use weekahead_features::View;
use weekahead_market::{FixedClock, Symbol};
use weekahead_serving::{OnlineFeatures, Refreshed, keep_fresh};
use weekahead_warehouse::{BARS_TABLE, BarVersion};

use crate::support::{self, Platform, as_of, bar, close, published, restated, symbol, symbols, view};

/// Friday, 25 January 2013.
const FRIDAY: i32 = 15_730;
/// An hour: the time that a day's events are apart.
const HOUR: i64 = 3_600_000_000;

/// Bars of days that are counted from that Friday.
fn history(name: &str, days: Range<i32>) -> Vec<BarVersion> {
    support::history(name, FRIDAY + days.start..FRIDAY + days.end)
}

/// When the bar of a day is known that is counted from that Friday.
fn evening(day: i32) -> i64 {
    published(FRIDAY + day)
}

/// Another version of a bar, with a dividend that lifts all prices after it.
fn corrected(name: &str, day: i32, at: i64, version: u32) -> BarVersion {
    let day = FRIDAY + day;
    restated(BarVersion { dividend: 0.5, ..bar(name, day, close(name, day) * 1.01) }, at, version)
}

/// Symbol, session, knowledge time, values to the bit.
type Row = (String, i32, i64, Vec<u32>);

fn held(features: &OnlineFeatures, at: i64) -> Vec<Row> {
    let places: Vec<usize> = (0..features.view().features().len()).collect();
    let row = |symbol: &Symbol| {
        let row = features.latest(symbol, &places, as_of(at)).unwrap().unwrap();
        let (session, known) = (row.freshness.session.days_since_epoch(), row.freshness.knowledge_time);
        let values = row.values.iter().map(|value| value.to_bits()).collect();
        (symbol.to_string(), session, known.as_microsecond(), values)
    };
    features.freshness(as_of(at)).unwrap().iter().map(|freshness| row(&freshness.symbol)).collect()
}

/// A platform, a view, and the features that follow it.
struct Story {
    platform: Platform,
    view: View,
    universe: Vec<Symbol>,
    features: OnlineFeatures,
}

impl Story {
    async fn begin(names: &[&str]) -> Self {
        let (platform, view, universe) = (Platform::start().await, view("online"), symbols(names));
        let features =
            OnlineFeatures::new(view.clone(), platform.warehouse.clone(), universe.clone()).unwrap();
        Self { platform, view, universe, features }
    }

    async fn bars(&self, bars: &[BarVersion]) {
        self.platform.warehouse.write_bars(bars).await.unwrap();
    }

    /// Refreshes, and compares what is held with a fresh load and with the table, built anew: pushed, loaded, gone.
    async fn at(&self, at: i64) -> [usize; 3] {
        let Refreshed { pushed, loaded, gone } = self.features.refresh(as_of(at)).await.unwrap();
        let found = held(&self.features, at);
        let warehouse = &self.platform.warehouse;
        let fresh = OnlineFeatures::new(self.view.clone(), warehouse.clone(), self.universe.clone()).unwrap();
        fresh.refresh(as_of(at)).await.unwrap();
        assert_eq!(found, held(&fresh, at));

        self.platform.build(&self.view, &self.universe, at).await;
        let (name, version, names) = (self.view.name(), self.view.version(), self.view.features());
        let held_symbols: Vec<Symbol> = found.iter().map(|row| symbol(&row.0)).collect();
        let table = warehouse.latest_features(as_of(at), name, version, names, Some(&held_symbols), None);
        let table = table.await.unwrap();
        let row = |row: usize| {
            let values = table.row(row).unwrap().iter().map(|value| value.to_bits()).collect();
            let session = table.sessions[row].days_since_epoch();
            (table.symbols[row].to_string(), session, table.knowledge_times[row], values)
        };
        assert_eq!(found, (0..table.len()).map(row).collect::<Vec<_>>());
        [pushed, loaded, gone]
    }
}

#[tokio::test]
async fn what_is_held_follows_the_bars() {
    let story = Story::begin(&["AAPL", "IBM", "MSFT", "NONE"]).await;
    story.bars(&[history("AAPL", -30..0), history("IBM", -20..0), history("OTHER", -3..0)].concat()).await;
    assert_eq!(story.at(evening(0)).await, [0, 2, 0]);
    assert_eq!(story.at(evening(0)).await, [0, 0, 0]);

    // New sessions are pushed: one, or several, one of them in two versions.
    story.bars(&history("AAPL", 0..1)).await;
    story.bars(&history("IBM", 0..2)).await;
    assert_eq!(story.at(evening(0) + HOUR).await, [0, 2, 0], "known since before the last look: not new");
    assert_eq!(story.at(evening(1)).await, [1, 0, 0]);
    story.bars(&[history("AAPL", 1..4), vec![corrected("AAPL", 2, evening(3), 2)]].concat()).await;
    assert_eq!(story.at(evening(3)).await, [0, 1, 0], "one of the three is known since before");
    story.bars(&[history("AAPL", 4..7), vec![corrected("AAPL", 5, evening(6), 2)]].concat()).await;
    assert_eq!(story.at(evening(6)).await, [1, 0, 0]);

    // A restatement, alone and beside a new session; a bar that arrives late; a new symbol.
    story.bars(&[corrected("IBM", -5, evening(6) + HOUR, 2)]).await;
    assert_eq!(story.at(evening(6) + 2 * HOUR).await, [0, 1, 0]);
    story.bars(&[history("AAPL", 7..8), vec![corrected("AAPL", -3, evening(7), 3)]].concat()).await;
    story.bars(&history("IBM", 7..8)).await;
    assert_eq!(story.at(evening(7)).await, [1, 1, 0]);
    story.bars(&[history("IBM", 4..5), history("MSFT", 0..7)].concat()).await;
    assert_eq!(story.at(evening(7) + HOUR).await, [0, 2, 0]);

    // What is not known yet does not count; bars that are gone are gone.
    story.bars(&history("MSFT", 9..10)).await;
    assert_eq!(story.at(evening(8)).await, [0, 0, 0]);
    assert_eq!(story.at(evening(9)).await, [1, 0, 0]);
    let gone = "ALTER TABLE marts.bars DELETE WHERE symbol = 'IBM' SETTINGS mutations_sync = 1";
    story.platform.warehouse.execute(gone).await.unwrap();
    assert_eq!(story.at(evening(9) + HOUR).await, [0, 0, 1]);
    story.platform.stop().await;
}

#[tokio::test]
async fn what_is_held_is_served_while_the_warehouse_is_away() {
    let Story { platform, features, .. } = Story::begin(&["AAPL"]).await;
    platform.warehouse.execute("DROP TABLE marts.bars").await.unwrap();
    let (features, clock) = (Arc::new(features), Arc::new(FixedClock::at(as_of(evening(0)).instant())));
    let refreshing = keep_fresh(Arc::clone(&features), clock, Duration::from_millis(20));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!((held(&features, evening(0)), features.as_of()), (Vec::new(), None));

    // It comes, with bars, and is asked again.
    platform.warehouse.execute(BARS_TABLE).await.unwrap();
    platform.warehouse.write_bars(&history("AAPL", -9..0)).await.unwrap();
    let patience = std::time::Instant::now() + Duration::from_secs(60);
    while held(&features, evening(0)).is_empty() {
        assert!(std::time::Instant::now() < patience, "nobody asked again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(refreshing);

    let before = held(&features, evening(0));
    platform.stop().await;
    assert!(features.refresh(as_of(evening(1))).await.unwrap_err().is_retryable());
    assert_eq!(held(&features, evening(0)), before);
    assert!(features.as_of().is_some());
}

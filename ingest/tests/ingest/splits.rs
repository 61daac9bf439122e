//! As traded, split-adjusted by the provider, unadjusted by ingest: the same again.

use std::fmt::Write;

use weekahead_ingest::yahoo::{ChartRequest, ParsedChart};
use weekahead_market::{Bar, Calendar, CorporateAction, Session};

use crate::world::{World, instant, session, symbol};

struct Day {
    session: Session,
    bar: Bar,
    action: CorporateAction,
}

/// A walk of prices with splits and dividends; digits beyond the cent on every other day.
fn days() -> Vec<Day> {
    let actions = [
        (20, 0.0, 2.0),
        (60, 0.33, 1.0),
        (90, 0.0, 7.0),
        (130, 0.0, 0.1),
        (140, 0.25, 1.0),
        (200, 0.0, 1.5),
        (230, 1.0, 3.0),
    ];
    let sessions = Calendar::nyse().between(session("2011-01-03"), session("2012-03-01")).to_vec();
    let mut level = 300.0;
    let day = |(t, session): (usize, Session)| {
        let action = actions.iter().find(|(at, ..)| *at == t);
        let action = action.map_or(CorporateAction::NONE, |(_, dividend, split)| CorporateAction {
            dividend: *dividend,
            split: *split,
        });
        level = level / action.split * (1.0 + ((t * 7919) % 101) as f64 / 2_000.0 - 0.025);
        let close = if t % 2 == 0 { (level * 100.0_f64).round() / 100.0 } else { level };
        let bar =
            Bar { open: close * 1.01, high: close * 1.02, low: close * 0.97, close, volume: 1e6 + t as f64 };
        Day { session, bar, action }
    };
    sessions.into_iter().enumerate().map(day).collect()
}

fn csv(days: &[Day]) -> String {
    let mut csv = String::from("Date,Open,High,Low,Close,Volume,Dividends,Stock Splits,Ticker\n");
    for Day { session, bar: Bar { open, high, low, close, volume }, action } in days {
        // yfinance writes a day without a split as 0.
        let split = if action.split == 1.0 { 0.0 } else { action.split };
        writeln!(csv, "{session},{open},{high},{low},{close},{volume},{},{split},AAPL", action.dividend)
            .unwrap();
    }
    csv
}

async fn chart(world: &World, now: &str) -> ParsedChart {
    let request = ChartRequest {
        symbol: symbol("AAPL"),
        period1: instant("2011-01-02T21:00:00Z"),
        period2: instant(now),
    };
    world.yahoo.chart(&request).await.chart.unwrap()
}

fn assert_near(found: f64, expected: f64, session: Session) {
    assert!((found - expected).abs() <= 1e-9 * expected.abs(), "{session}: {found} is not {expected}");
}

#[tokio::test]
async fn a_round_trip_keeps_raw_values() {
    let days = days();
    let world = World::new(&csv(&days)).await;
    let chart = chart(&world, "2012-03-01T23:00:00Z").await;
    assert_eq!(chart.rows.len(), days.len());
    for (row, day) in chart.rows.iter().zip(&days) {
        assert_eq!(row.session, day.session);
        let values = |bar: &Bar| [bar.open, bar.high, bar.low, bar.close, bar.volume];
        for (found, expected) in values(&row.bar).into_iter().zip(values(&day.bar)) {
            assert_near(found, expected, day.session);
        }
        assert_near(row.action.dividend, day.action.dividend, day.session);
        assert_near(row.action.split, day.action.split, day.session);
    }
}

#[tokio::test]
async fn a_later_split_does_not_change_the_past() {
    let days = days();
    let world = World::new(&csv(&days)).await;
    let whole = chart(&world, "2012-03-01T23:00:00Z").await;
    let cents = |row: usize| row.is_multiple_of(2);
    for now in ["2011-02-01T23:00:00Z", "2011-05-13T23:00:00Z", "2011-07-08T23:00:00Z"] {
        let then = chart(&world, now).await;
        assert!(then.rows.len() > 15 && then.rows.len() < whole.rows.len());
        for (row, (old, new)) in then.rows.iter().zip(&whole.rows).enumerate() {
            assert_near(old.bar.open, new.bar.open, old.session);
            if cents(row) {
                assert_eq!(old.bar.close, new.bar.close, "{}: not one bit of a price in cents", old.session);
            }
        }
    }
}

#[tokio::test]
async fn the_present_of_the_provider_is_the_end_of_the_request() {
    let days = days();
    let world = World::new(&csv(&days)).await;
    // The split of the 21st session is known from its open on.
    let answer = |now: &'static str| {
        let request = ChartRequest {
            symbol: symbol("AAPL"),
            period1: instant("2011-01-02T21:00:00Z"),
            period2: instant(now),
        };
        let yahoo = world.yahoo.clone();
        async move { yahoo.chart(&request).await.answer.unwrap().body }
    };
    let closes = |body: &[u8]| {
        let answer: serde_json::Value = serde_json::from_slice(body).unwrap();
        answer["chart"]["result"][0]["indicators"]["quote"][0]["close"][0].as_f64().unwrap()
    };
    assert_eq!(days[20].session, session("2011-02-01"));
    let (before, after) = (answer("2011-02-01T14:30:00Z").await, answer("2011-02-01T14:30:01Z").await);
    assert_eq!(closes(&before), days[0].bar.close);
    assert_eq!(closes(&after), days[0].bar.close / 2.0);
}

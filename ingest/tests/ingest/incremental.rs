//! One run after another: what is asked for, and what is written.

use weekahead_ingest::replay::{Fault, FaultPlan};
use weekahead_lake::Outcome;

use crate::world::{NOW, World, instant, quotes, session, symbol};

#[tokio::test]
async fn a_second_run_asks_for_nothing_and_commits_nothing() {
    let world = World::new(&quotes(&["AAPL", "MSFT"])).await;
    let first = world.ingest(NOW, &["AAPL", "MSFT"]).await;
    assert_eq!(first.record.unwrap().rows_accepted, 2 * 79);
    let asked = world.provider.requests().len();
    // The Monday after is no session until its close has been available for an hour.
    for now in [NOW, "2013-01-28T15:00:00Z", "2013-01-28T21:30:00Z"] {
        let report = world.ingest(now, &["MSFT", "AAPL", "AAPL"]).await;
        assert_eq!(report.record, None);
        assert_eq!(report.up_to_date, [symbol("AAPL"), symbol("MSFT")]);
    }
    assert_eq!(world.provider.requests().len(), asked);
    assert_eq!(world.lake.loads().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_week_later_only_the_week_and_the_lag_window_are_asked_for() {
    let world = World::new(&quotes(&["AAPL"])).await;
    world.ingest(NOW, &["AAPL"]).await;
    let report = world.ingest("2013-02-01T23:00:00Z", &["AAPL"]).await;
    let request = world.provider.requests().pop().unwrap();
    assert_eq!(request.period2, instant("2013-02-01T23:00:00Z").as_second());
    // Ten sessions before Friday, January 25, around Martin Luther King's birthday.
    assert_eq!(request.period1, instant("2013-01-09T21:00:00Z").as_second());
    let outcome = &report.outcomes()[0];
    assert_eq!(outcome.requested_from, Some(session("2013-01-10")));
    assert_eq!(
        (outcome.first_session, outcome.last_session),
        (Some(session("2013-01-10")), Some(session("2013-02-01")))
    );
    assert_eq!(outcome.rows, 10 + 1 + 5);
}

#[tokio::test]
async fn a_restated_bar_in_the_lag_window_is_written_again() {
    let world = World::new(&quotes(&["AAPL"])).await;
    let first = world.ingest(NOW, &["AAPL"]).await.record.unwrap();
    let day = session("2013-01-22");
    world.provider.set_faults(
        FaultPlan::default().always(&symbol("AAPL"), Fault::Restate { session: day, factor: 1.1 }),
    );
    let second = world.ingest("2013-02-01T23:00:00Z", &["AAPL"]).await.record.unwrap();
    let (before, after) = (world.rows(&first).await, world.rows(&second).await);
    for row in &after {
        let old = before.iter().find(|old| old.session == row.session);
        let same =
            old.is_none_or(|old| old.bar.content_hash(&old.action) == row.bar.content_hash(&row.action));
        assert_eq!(same, row.session != day, "{}", row.session);
    }
}

#[tokio::test]
async fn an_earlier_beginning_fetches_the_older_history() {
    let world = World::new(&quotes(&["AAPL"])).await;
    let late = world.ingest_since(NOW, &["AAPL"], "2013-01-02").await;
    assert_eq!(late.outcomes()[0].first_session, Some(session("2013-01-02")));
    let early = world.ingest_since(NOW, &["AAPL"], "2012-10-01").await;
    assert_eq!(early.outcomes()[0].first_session, Some(session("2012-10-01")));
    assert_eq!(world.ingest_since(NOW, &["AAPL"], "2013-01-02").await.record, None);
}

#[tokio::test]
async fn a_symbol_without_data_in_the_range_is_empty() {
    let world = World::new(&quotes(&["AAPL"])).await;
    let report = world.ingest("2012-09-28T23:00:00Z", &["AAPL"]).await;
    assert_eq!(report.outcomes()[0].outcome, Outcome::Empty);
    assert!(!report.is_partial());
    let report = world.ingest(NOW, &["AAPL"]).await;
    assert_eq!((report.outcomes()[0].outcome, report.outcomes()[0].rows), (Outcome::Ok, 79));
}

#[tokio::test]
async fn times_follow_from_the_close() {
    let world = World::new(&quotes(&["AAPL"])).await;
    let record = world.ingest(NOW, &["AAPL"]).await.record.unwrap();
    let rows = world.rows(&record).await;
    let half_day = rows.iter().find(|row| row.session == session("2012-11-23")).unwrap();
    assert_eq!(half_day.event_time, instant("2012-11-23T18:00:00Z").as_microsecond());
    assert_eq!(half_day.available_at, instant("2012-11-23T19:00:00Z").as_microsecond());
    assert_eq!((&*half_day.currency, record.ingested_at), ("USD", instant(NOW)));
}

#[tokio::test]
async fn progress_is_told_in_order_of_symbol() {
    let world = World::new(&quotes(&["AAPL", "IBM", "MSFT"])).await;
    let told = std::sync::Mutex::new(Vec::new());
    let symbols = ["MSFT", "AAPL", "IBM"].map(symbol).to_vec();
    let request = weekahead_ingest::IngestRequest::new(symbols, session("2012-10-01"));
    let tell = |p: weekahead_ingest::Progress<'_>| {
        told.lock().unwrap().push((p.done, p.total, p.outcome.symbol.to_string()))
    };
    let clock = crate::world::clock(NOW);
    weekahead_ingest::ingest(&world.lake, &world.yahoo, &clock, &request, &tell).await.unwrap();
    let expected =
        [(1, 3, "AAPL"), (2, 3, "IBM"), (3, 3, "MSFT")].map(|(n, of, name)| (n, of, name.to_owned()));
    assert_eq!(told.into_inner().unwrap(), expected);
}

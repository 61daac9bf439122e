//! Building again: what there is follows from the bars, not from how often or in which steps it was built.

use weekahead_features::View;

use crate::provider::{Event, NAMES, Provider, events, many};
use crate::support::{DAY, Platform, Row, history, published, ranked_view, symbols, view};

#[tokio::test]
async fn a_second_build_writes_nothing() {
    let platform = Platform::start().await;
    let (view, all) = (view("steady"), symbols(&["AAPL", "IBM", "NONE"]));
    let bars = [history("AAPL", 0..30), history("IBM", 5..30)].concat();
    platform.warehouse.write_bars(&bars).await.unwrap();
    let now = published(40);

    let first = platform.build(&view, &all, now).await;
    assert_eq!((first.symbols, first.unchanged, first.rows, first.written), (2, 0, 55, 55));
    let digest = platform.digest(&view).await;
    let second = platform.build(&view, &all, now + DAY).await;
    assert_eq!((second.symbols, second.unchanged, second.rows, second.written), (2, 2, 55, 0));

    // What earlier builds said is lost: rows are compared one by one, and found to be there.
    platform.warehouse.execute("TRUNCATE TABLE ops.materialized").await.unwrap();
    let compared = platform.build(&view, &all, now + DAY).await;
    assert_eq!((compared.unchanged, compared.rows, compared.written), (0, 55, 0));
    assert_eq!(platform.digest(&view).await, digest);

    // Rows are lost: what earlier builds said no longer holds, and only what is missing is written.
    let gone = "ALTER TABLE features.steady DELETE WHERE symbol = 'IBM' AND session = '1970-01-21' SETTINGS mutations_sync = 1";
    platform.warehouse.execute(gone).await.unwrap();
    let mended = platform.build(&view, &all, now + DAY).await;
    assert_eq!((mended.unchanged, mended.written), (1, 1));
    assert_eq!(platform.digest(&view).await, digest);
    platform.stop().await;
}

#[tokio::test]
async fn a_new_session_costs_a_row() {
    let platform = Platform::start().await;
    let (view, all) = (view("daily"), symbols(&["AAPL", "IBM"]));
    let bars = [history("AAPL", 0..30), history("IBM", 0..30)].concat();
    platform.warehouse.write_bars(&bars).await.unwrap();
    platform.build(&view, &all, published(30)).await;
    platform.warehouse.write_bars(&history("AAPL", 30..31)).await.unwrap();
    let report = platform.build(&view, &all, published(31)).await;
    assert_eq!((report.unchanged, report.rows, report.written), (1, 61, 1));
    platform.stop().await;
}

/// Rows of the last two weeks are there twice, to the bit, and whole months of older ones are not.
#[tokio::test]
async fn recent_rows_are_copied() {
    let platform = Platform::start().await;
    let (view, all) = (view("copied"), symbols(&["AAPL", "IBM"]));
    let warehouse = &platform.warehouse;
    let copies = async || {
        let columns =
            ["symbol", "session", "knowledge_time", "view_version", "row_digest", "ret_1", "level", "range"];
        warehouse.table_digest("recent", view.name(), &columns).await.unwrap()
    };
    warehouse.write_bars(&[history("AAPL", 0..40), history("IBM", 0..38)].concat()).await.unwrap();
    platform.build(&view, &all, published(40)).await;
    assert_eq!(copies().await.rows, 14 + 12, "from day 26 on");
    warehouse.write_bars(&history("AAPL", 40..41)).await.unwrap();
    platform.build(&view, &all, published(41)).await;
    assert_eq!(copies().await.rows, 27);
    // Of January and the first days of February, in March.
    warehouse.write_bars(&history("IBM", 65..66)).await.unwrap();
    platform.build(&view, &all, published(66)).await;
    let made = copies().await;
    assert_eq!(made.rows, 27 - 10 + 1);
    let of_table = "SELECT * FROM features.copied FINAL WHERE session >= '1970-02-01'";
    warehouse.execute("TRUNCATE TABLE recent.copied").await.unwrap();
    warehouse.execute(&format!("INSERT INTO recent.copied {of_table}")).await.unwrap();
    assert_eq!(copies().await, made);
    platform.stop().await;
}

#[test]
fn steps_give_what_one_build_gives() {
    many_histories(12, view);
}

#[test]
fn steps_give_what_one_build_gives_where_symbols_see_each_other() {
    many_histories(8, ranked_view);
}

fn many_histories(cases: u32, view: fn(&str) -> View) {
    many(cases, events(), async |platform, number, events| {
        let (steps, once) = (view(&format!("steps_{number}")), view(&format!("once_{number}")));
        one_history(platform, &events, &steps, &once).await;
    });
}

async fn one_history(platform: &Platform, events: &[Event], steps: &View, once: &View) {
    let all = symbols(&NAMES);
    platform.warehouse.execute("TRUNCATE TABLE marts.bars").await.unwrap();
    let mut provider = Provider::default();
    let mut instants = Vec::new();
    for event in events {
        let new = provider.play(*event);
        platform.warehouse.write_bars(&new).await.unwrap();
        instants.push(provider.now());
        if matches!(event, Event::Build) {
            platform.build(steps, &all, provider.now()).await;
        }
    }
    let end = provider.now() + DAY;
    platform.build(steps, &all, end).await;
    platform.build(once, &all, end).await;
    for instant in instants {
        let without_key = |rows: Vec<Row>| -> Vec<(String, i32, Vec<u32>)> {
            rows.into_iter().map(|(symbol, day, _, values)| (symbol, day, values)).collect()
        };
        let (steps, once) = (platform.seen(steps, instant).await, platform.seen(once, instant).await);
        assert_eq!(without_key(steps), without_key(once), "at {instant} after {events:?}");
    }
    let again = platform.build(steps, &all, end + DAY).await;
    assert_eq!((again.unchanged, again.written), (again.symbols, 0), "{events:?}");
}

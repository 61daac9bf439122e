//! What a build is asked to leave alone: other symbols, earlier sessions, other versions of the view.

use weekahead_features::View;
use weekahead_materialize::Build;

use crate::support::{DAY, Platform, as_of, history, published, session, symbols, view};

#[tokio::test]
async fn sessions_before_since_are_not_written() {
    let platform = Platform::start().await;
    let (view, other, all) = (view("since"), view("whole"), symbols(&["AAPL", "IBM"]));
    let bars = [history("AAPL", 0..30), history("IBM", 20..30)].concat();
    platform.warehouse.write_bars(&bars).await.unwrap();
    let now = published(30);
    let build = Build::new(&view, &all, as_of(now), as_of(now).instant()).since(Some(session(20)));
    let report = build.run(&platform.warehouse, |_| ()).await.unwrap();
    assert_eq!(report.written, 20);
    platform.build(&other, &all, now).await;
    let mut expected = platform.seen(&other, now).await;
    expected.retain(|row| row.1 >= 20);
    assert_eq!(platform.seen(&view, now).await, expected, "windows reach behind the first session written");

    // What was left out is not taken for done.
    let again = build.run(&platform.warehouse, |_| ()).await.unwrap();
    assert_eq!((again.unchanged, again.written), (1, 0));
    let rest = platform.build(&view, &all, now).await;
    assert_eq!((rest.unchanged, rest.written), (1, 20));
    assert_eq!(platform.seen(&view, now).await, platform.seen(&other, now).await);
    platform.stop().await;
}

#[tokio::test]
async fn other_symbols_are_left_alone() {
    let platform = Platform::start().await;
    let view = view("some");
    let bars = [history("AAPL", 0..30), history("IBM", 0..30)].concat();
    platform.warehouse.write_bars(&bars).await.unwrap();
    let now = published(30);
    assert_eq!(platform.build(&view, &symbols(&["IBM"]), now).await.written, 30);
    assert!(platform.seen(&view, now).await.iter().all(|row| row.0 == "IBM"));
    let both = platform.build(&view, &symbols(&["AAPL", "IBM"]), now + DAY).await;
    assert_eq!((both.unchanged, both.written), (1, 30));
    platform.stop().await;
}

#[tokio::test]
async fn versions_of_a_view_are_never_mixed() {
    let platform = Platform::start().await;
    let (first, all) = (view("grown"), symbols(&["AAPL"]));
    let second = View::parse(
        "name = 'grown'\n[[feature]]\nname = 'level'\nexpr = 'Mean(close, 4)'\n\
         [[feature]]\nname = 'more'\nexpr = 'close / open'\n",
    )
    .unwrap();
    assert_ne!(first.version(), second.version());
    platform.warehouse.write_bars(&history("AAPL", 0..10)).await.unwrap();
    let now = published(10);
    assert_eq!(platform.build(&first, &all, now).await.written, 10);
    let before = platform.seen(&first, now).await;
    let other = platform.build(&second, &all, now).await;
    assert_eq!((other.unchanged, other.written), (0, 10), "another version has rows of its own");
    assert_eq!(platform.seen(&first, now).await, before);
    assert_ne!(platform.seen(&second, now).await.len(), 0);
    assert_eq!(platform.build(&first, &all, now).await.unchanged, 1);
    assert_eq!(platform.build(&second, &all, now).await.unchanged, 1);

    platform.warehouse.write_bars(&history("AAPL", 10..11)).await.unwrap();
    assert_eq!(platform.build(&second, &all, published(11)).await.written, 1);
    assert_eq!(platform.seen(&first, published(11)).await, before);
    platform.stop().await;
}

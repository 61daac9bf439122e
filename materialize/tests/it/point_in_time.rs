//! What a reader saw stays what it saw, whatever becomes known later, and whenever the view is built.

use crate::support::{
    DAY, Platform, bar, close, history, published, restated, session, symbol, symbols, view,
};

/// A dividend of day 5 that is announced on day 20 lifts all prices after it, also those whose windows are long past it.
#[tokio::test]
async fn a_correction_changes_no_answer_of_before() {
    let platform = Platform::start().await;
    let (view, all) = (view("corrected"), symbols(&["AAPL"]));
    platform.warehouse.write_bars(&history("AAPL", 0..20)).await.unwrap();
    platform.build(&view, &all, published(20)).await;
    let before = platform.seen(&view, published(20)).await;

    let announced = published(20) + 1;
    let mut dividend = restated(bar("AAPL", 5, close("AAPL", 5)), announced, 2);
    dividend.dividend = 2.0;
    platform.warehouse.write_bars(&[dividend]).await.unwrap();
    let report = platform.build(&view, &all, published(21)).await;
    // Sessions 5 to 19 have another level; those before keep theirs.
    assert_eq!((report.rows, report.written), (35, 15));
    assert_eq!(platform.seen(&view, published(20)).await, before);
    let after = platform.rows(&view, published(21)).await;
    assert!(after.knowledge_times[..5].iter().all(|known| *known < announced));
    assert!(after.knowledge_times[5..].iter().all(|known| *known == announced));
    platform.stop().await;
}

#[tokio::test]
async fn a_view_that_is_built_late_knows_what_was_known_before() {
    let platform = Platform::start().await;
    let (early, late, all) = (view("early"), view("late"), symbols(&["AAPL", "IBM"]));
    platform.warehouse.write_bars(&history("AAPL", 0..20)).await.unwrap();
    platform.warehouse.write_bars(&history("IBM", 0..20)).await.unwrap();
    platform.build(&early, &all, published(20)).await;
    for (day, at) in [(12, 20), (12, 22), (18, 22)] {
        let changed = restated(bar("AAPL", day, close("AAPL", day) * 1.1), published(at), at.cast_unsigned());
        platform.warehouse.write_bars(&[changed]).await.unwrap();
        platform.build(&early, &all, published(at)).await;
    }
    platform.build(&late, &all, published(30)).await;
    for day in 0..25 {
        let (early, late) =
            (platform.seen(&early, published(day)).await, platform.seen(&late, published(day)).await);
        assert_eq!(early, late, "as of day {day}");
    }
    platform.stop().await;
}

/// A bar that arrives late was knowable all along: the rows it changes are replaced, and keep their instants.
#[tokio::test]
async fn a_late_bar_rewrites_what_it_changes() {
    let platform = Platform::start().await;
    let (view, all) = (view("late_bar"), symbols(&["AAPL"]));
    let (gap, late): (Vec<_>, Vec<_>) = history("AAPL", 0..20).into_iter().partition(|bar| bar.session != 9);
    platform.warehouse.write_bars(&gap).await.unwrap();
    platform.build(&view, &all, published(20)).await;
    platform.warehouse.write_bars(&late).await.unwrap();
    let report = platform.build(&view, &all, published(20) + DAY).await;
    // The session itself, the return after it, and the two means that reach it.
    assert_eq!((report.rows, report.written), (20, 3));
    let rows = platform.rows(&view, published(10)).await;
    assert_eq!(rows.len(), 11);
    let at = rows.position(&symbol("AAPL"), session(10)).unwrap();
    let expected = (close("AAPL", 10) / close("AAPL", 9)).ln();
    assert!((f64::from(rows.row(at).unwrap()[0]) - expected).abs() < 1e-6);
    platform.stop().await;
}

/// A correction that changes no feature is no news.
#[tokio::test]
async fn a_restatement_without_consequences_writes_nothing() {
    let platform = Platform::start().await;
    let (view, all) = (view("volume_free"), symbols(&["AAPL"]));
    platform.warehouse.write_bars(&history("AAPL", 0..20)).await.unwrap();
    platform.build(&view, &all, published(20)).await;
    let mut volume = restated(bar("AAPL", 19, close("AAPL", 19)), published(21), 2);
    volume.volume = 5.0;
    platform.warehouse.write_bars(&[volume]).await.unwrap();
    let report = platform.build(&view, &all, published(22)).await;
    assert_eq!((report.unchanged, report.written), (0, 0));
    assert_eq!(platform.build(&view, &all, published(22)).await.unchanged, 1);
    platform.stop().await;
}

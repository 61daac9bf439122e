//! What a build says about the values that it left.

use weekahead_features::View;
use weekahead_warehouse::FeatureStats;

use crate::support::{DAY, Platform, as_of, bar, history, published, session, symbols};

fn view() -> View {
    let text = "name = 'described'\n\
                [[feature]]\nname = 'price'\nexpr = 'close'\n\
                [[feature]]\nname = 'gain'\nexpr = 'close / Ref(close, 1) - 1'\n\
                [[feature]]\nname = 'january'\nexpr = 'month == 1'\n\
                [[feature]]\nname = 'late'\nexpr = 'If(close > 900, volume / (close - close), volume)'\n";
    View::parse(text).unwrap()
}

async fn stats(platform: &Platform, view: &View, at: i64) -> Vec<FeatureStats> {
    platform.warehouse.feature_stats(as_of(at), view.name(), view.version()).await.unwrap()
}

/// 300 sessions at 100, then 91 at 1000: of `price` nothing is where it was, and `late` is missing from there on.
#[tokio::test]
async fn drift_is_of_the_last_quarter_against_all_before() {
    let platform = Platform::start().await;
    let (view, all) = (view(), symbols(&["AAPL", "IBM"]));
    for name in ["AAPL", "IBM"] {
        let close = |day| if day < 300 { 100.0 } else { 1_000.0 };
        let bars: Vec<_> = (0..391).map(|day| bar(name, day, close(day))).collect();
        platform.warehouse.write_bars(&bars).await.unwrap();
    }
    platform.build(&view, &all, published(391)).await;
    let found = stats(&platform, &view, published(391)).await;
    let [gain, january, late, price] = found.as_slice() else { panic!("{found:?}") };
    let names = [&gain.feature, &january.feature, &late.feature, &price.feature];
    assert_eq!(names, ["gain", "january", "late", "price"]);

    assert_eq!((price.recent, price.recent_rows), ((session(300), session(390)), 182));
    assert_eq!((price.training, price.training_rows), ((session(0), session(299)), 600));
    assert_eq!((price.null_rate, price.mean, price.std, price.quantiles), (0.0, 1_000.0, 0.0, [1_000.0; 7]));
    assert_eq!((price.training_mean, price.training_null_rate), (100.0, 0.0));
    assert!(price.psi > 5.0, "{price:?}");

    assert_eq!((late.null_rate, late.training_null_rate), (1.0, 0.0));
    assert!(late.mean.is_nan() && late.psi > 5.0, "{late:?}");

    // The date of a quarter is never that of a year, which is no drift.
    assert!(january.psi.is_nan() && january.mean != january.training_mean, "{january:?}");

    // The first session has no gain; of 182 recent rows two have one of 9.
    assert_eq!((gain.training_null_rate, gain.null_rate), (2.0 / 600.0, 0.0));
    assert!((gain.mean - 18.0 / 182.0).abs() < 1e-6 && gain.psi < 0.1, "{gain:?}");
    platform.stop().await;
}

#[tokio::test]
async fn statistics_follow_the_rows_and_the_instant() {
    let platform = Platform::start().await;
    let (view, all) = (view(), symbols(&["AAPL"]));
    platform.warehouse.write_bars(&history("AAPL", 0..50)).await.unwrap();
    platform.build(&view, &all, published(50)).await;
    let first = stats(&platform, &view, published(50)).await;
    assert_eq!((first.len(), first[0].recent_rows, first[0].training_rows), (4, 50, 0));
    assert!(first[0].psi.is_nan(), "all is recent: there is nothing to compare with");

    // Nothing new: nothing is said again.
    platform.build(&view, &all, published(50) + DAY).await;
    assert_eq!(stats(&platform, &view, published(60)).await[0].as_of, as_of(published(50)));

    platform.warehouse.write_bars(&history("AAPL", 50..51)).await.unwrap();
    platform.build(&view, &all, published(51)).await;
    assert_eq!(stats(&platform, &view, published(51)).await[0].recent_rows, 51);
    let again = stats(&platform, &view, published(50)).await;
    assert_eq!(format!("{again:?}"), format!("{first:?}"), "who stands before sees what was said before");
    platform.stop().await;
}

//! The kernels against the SQL of the same views, on the real engine: two executors of one definition.
#![expect(clippy::unwrap_used, reason = "a test's set-up may panic")]

mod panels;
mod support;

use support::Platform;
use weekahead_features::View;
use weekahead_market::Symbol;
use weekahead_materialize::{CompareReport, FeatureComparison};

/// What the two may differ by, of the greater value; see the table in docs/SCALING.md.
const RTOL: f64 = 1e-6;

fn assert_equal(report: &CompareReport, what: &str) {
    let beyond = report.features.iter().filter(|feature| feature.is_beyond_tolerance());
    let lines: Vec<String> = beyond
        .map(|feature| {
            let FeatureComparison { name, rows, only_stored, only_recomputed, one_sided, .. } = feature;
            let (relative, excess) = (&feature.relative, &feature.excess);
            format!("{name}: of {rows} rows {relative:?}, {excess:?}; one-sided {only_stored} {only_recomputed} {one_sided:?}")
        })
        .collect();
    let keys = (report.only_stored, report.only_recomputed, report.other_knowledge_time);
    assert!(report.is_equal(), "{what}: rows {keys:?}\n{}", lines.join("\n"));
}

/// Every operator at least once, over windows short and long, of one another, and over what is sometimes missing.
fn every_operator() -> View {
    View::parse(include_str!("every_operator.toml")).unwrap()
}

/// A few; `WEEKAHEAD_ORACLE_SEEDS=100` for more.
fn seeds() -> std::ops::Range<u64> {
    0..std::env::var("WEEKAHEAD_ORACLE_SEEDS").map_or(3, |count| count.parse().unwrap())
}

#[tokio::test]
async fn sql_and_kernels_agree_on_random_panels() {
    let platform = Platform::start().await;
    for seed in seeds() {
        let panel = panels::random(seed);
        platform.put(&panel).await;
        for view in
            [View::builtin("weekly_core").unwrap(), View::builtin("alpha158").unwrap(), every_operator()]
        {
            platform.build(&view, &panel).await;
            let report = platform.compare(&view, &panel, None, RTOL).await;
            assert_equal(&report, &format!("{} over panel {seed}", view.name()));
            assert_eq!(report.rows, panel.rows() as u64);
            let empty: Vec<_> = report.features.iter().filter(|f| f.rows == 0).map(|f| &f.name).collect();
            assert!(empty.is_empty(), "{} over panel {seed} never has {empty:?}", view.name());
        }
    }
    platform.stop().await;
}

#[tokio::test]
async fn what_differs_is_found() {
    let platform = Platform::start().await;
    let panel = panels::random(7);
    platform.put(&panel).await;
    let view = View::parse("name = 'tiny'\n[[feature]]\nname = 'a'\nexpr = 'Mean(close, 5)'\n[[feature]]\nname = 'b'\nexpr = 'volume'").unwrap();
    platform.build(&view, &panel).await;
    // A version of one bar that the view was not built from.
    let symbol = Symbol::new("WALK0").unwrap();
    let row = 40;
    platform.restate(&panel, &symbol, row).await;
    let report = platform.compare(&view, &panel, None, RTOL).await;
    assert!(!report.is_equal());
    assert_eq!(report.other_knowledge_time, 5, "the rows whose windows reach it");
    let feature = report.features.iter().find(|feature| feature.name == "a").unwrap();
    let place = &feature.absolute.as_ref().unwrap().place;
    assert_eq!(place.symbol, symbol);
    let sessions = &panel.get(&symbol).unwrap().sessions()[row..row + 5];
    assert!(sessions.contains(&place.session), "{place:?}");
    assert!(!report.features.iter().find(|feature| feature.name == "b").unwrap().is_beyond_tolerance());
    assert_eq!(report.features[0].name, "a", "the worst comes first");

    let other = [Symbol::new("WALK1").unwrap()];
    let report = platform.compare(&view, &panel, Some(&other), RTOL).await;
    assert!(report.is_equal() && report.symbols == 1, "{report:?}");

    // What was not built is no equality either.
    let other = View::parse("name = 'tiny'\n[[feature]]\nname = 'a'\nexpr = 'Mean(close, 4)'").unwrap();
    let report = platform.compare(&other, &panel, None, RTOL).await;
    assert_eq!((report.rows, report.only_recomputed), (0, panel.rows() as u64));
    assert!(!report.is_equal());
    platform.stop().await;
}

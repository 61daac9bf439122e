//! Forecasts of the present: what is kept, what makes them anew, and what goes on while stores are away.

use std::sync::Arc;
use std::time::Duration;

use ndarray::Array2;
use weekahead_features::View;
use weekahead_market::{Horizon, Symbol};
use weekahead_models::DEFAULT_LEVELS;
use weekahead_models::onnx::OnnxRuntime;
use weekahead_serving::{Error, ForecastService, Forecaster, LiveModel, Registry};
use weekahead_tracker::{Tracker, TrackerConfig};
use weekahead_warehouse::{ForecastFilter, ForecastRow};

use crate::libonnxruntime::libonnxruntime;
use crate::registry::StubRegistry;
use crate::ridge;
use crate::support::{Platform, as_of, bar, history, published, restated, symbols, view};

const MODEL: &str = "weekly";
/// Friday, 25 January 2013.
const FRIDAY: i32 = 15_730;
const MINUTE: i64 = 60_000_000;

/// A warehouse with features, a registry whose version 1 is champion, and what forecasts with them.
struct Story {
    platform: Platform,
    registry: StubRegistry,
    view: View,
    universe: Vec<Symbol>,
}

impl Story {
    async fn begin() -> Self {
        let (platform, view) = (Platform::start().await, view("online"));
        let universe = symbols(&["AAPL", "IBM"]);
        for name in ["AAPL", "IBM"] {
            platform.warehouse.write_bars(&history(name, FRIDAY - 40..FRIDAY + 1)).await.unwrap();
        }
        platform.build(&view, &universe, published(FRIDAY)).await;
        let registry = StubRegistry::serve(MODEL).await.unwrap();
        registry.put(1, artifact(&view, 0.1).into(), None);
        registry.point("champion", 1);
        Self { platform, registry, view, universe }
    }

    fn service(&self, shadow: Option<&str>) -> ForecastService {
        let tracker = TrackerConfig::new(&format!("http://{}", self.registry.addr));
        let (warehouse, tracker) = (self.platform.warehouse.clone(), Tracker::new(&tracker).unwrap());
        let runtime = OnnxRuntime::load(&libonnxruntime()).unwrap();
        let registry = Arc::new(Registry::new(warehouse.clone(), tracker, runtime, MODEL));
        ForecastService::new(
            Forecaster::new(warehouse, Arc::clone(&registry)),
            LiveModel::new(registry),
            shadow,
        )
    }

    /// What stands in the warehouse, the newest origin last.
    async fn stored(&self, at: i64) -> Vec<ForecastRow> {
        let all = ForecastFilter::default();
        let mut rows = self.platform.warehouse.forecasts(as_of(at), &all).await.unwrap();
        rows.sort_by(|a, b| {
            (a.forecast.key.origin, &a.forecast.key.symbol)
                .cmp(&(b.forecast.key.origin, &b.forecast.key.symbol))
        });
        rows
    }
}

/// Ridge on the features of a view.
fn artifact(view: &View, alpha: f64) -> Vec<u8> {
    ridge::artifact((view.name(), view.version()), view.features(), alpha)
}

/// Minutes after the bars of that Friday were published.
fn evening(minutes: i64) -> i64 {
    published(FRIDAY) + minutes * MINUTE
}

#[tokio::test]
async fn what_was_asked_for_is_answered_without_the_stores() {
    let story = Story::begin().await;
    let service = story.service(None);
    let first = service.present.forecasts(as_of(evening(1)), &story.universe).await.unwrap();
    assert_eq!((first.rows.len(), first.unanswered.len()), (2, 0));
    assert_eq!(story.stored(evening(1)).await, first.rows);

    // Nothing has changed: the same forecasts, of a later instant.
    assert!(!service.present.refresh(as_of(evening(2))).await.unwrap());
    let again = service.present.forecasts(as_of(evening(3)), &story.universe[..1]).await.unwrap();
    assert_eq!((&again.rows[..], again.as_of), (&first.rows[..1], as_of(evening(2))));

    // The warehouse is away and a new champion has forecast nothing yet: what the one before has made is answered.
    story.registry.put(2, artifact(&story.view, 10.0).into(), None);
    story.registry.point("champion", 2);
    story.platform.stop().await;
    assert!(service.live.refresh(as_of(evening(3))).await.unwrap());
    for _ in 0..2 {
        let before = service.present.forecasts(as_of(evening(4)), &story.universe).await.unwrap();
        assert_eq!((&before.rows, before.champion.version), (&first.rows, 1));
    }

    // All stores are away: what was made is answered, what was not is an error that may pass.
    story.registry.away(true);
    service.present.refresh(as_of(evening(4))).await.unwrap_err();
    service.live.refresh(as_of(evening(4))).await.unwrap_err();
    let away = service.present.forecasts(as_of(evening(5)), &story.universe).await.unwrap();
    assert_eq!((away.rows, away.as_of), (first.rows, as_of(evening(2))));
    assert_eq!(service.present.failing_since(), Some(as_of(evening(4)).instant()));
    assert_eq!(service.live.fault().unwrap().since, as_of(evening(4)).instant());
    let unknown = service.present.forecasts(as_of(evening(5)), &symbols(&["MSFT"])).await.unwrap_err();
    assert!(unknown.is_retryable(), "{unknown}");
}

#[tokio::test]
async fn news_make_forecasts_anew_and_leave_those_that_stand() {
    let story = Story::begin().await;
    let service = story.service(None);
    let friday = service.present.forecasts(as_of(evening(1)), &story.universe).await.unwrap();
    let day = 24 * 60;

    // A bar of that Friday is restated: its forecast stands as it was written, for a server that has just begun, too.
    let again = restated(bar("AAPL", FRIDAY, 77.0), evening(10), 2);
    story.platform.warehouse.write_bars(&[again]).await.unwrap();
    story.platform.build(&story.view, &story.universe, evening(20)).await;
    assert!(service.present.refresh(as_of(evening(20))).await.unwrap());
    for server in [&service, &story.service(None)] {
        let restated = server.present.forecasts(as_of(evening(21)), &story.universe).await.unwrap();
        assert_eq!(restated.rows, friday.rows);
    }

    // On Monday there are new origins, and the old forecasts are still there.
    story.platform.warehouse.write_bars(&[bar("AAPL", FRIDAY + 3, 60.0)]).await.unwrap();
    story.platform.build(&story.view, &story.universe, evening(3 * day)).await;
    assert!(service.present.refresh(as_of(evening(3 * day))).await.unwrap());
    let monday = service.present.forecasts(as_of(evening(3 * day + 1)), &story.universe).await.unwrap();
    let origins: Vec<i32> =
        monday.rows.iter().map(|row| row.forecast.key.origin.days_since_epoch()).collect();
    assert_eq!(origins, [FRIDAY + 3, FRIDAY]);
    assert_eq!(story.stored(evening(4 * day)).await.len(), 3);
    // Who stands where the first answer stood is told the same as then.
    let then = story.platform.warehouse.forecasts(friday.as_of, &ForecastFilter::default()).await.unwrap();
    assert_eq!(then, friday.rows);
    story.platform.stop().await;
}

#[tokio::test]
async fn a_version_that_does_not_come_holds_up_no_other() {
    let story = Story::begin().await;
    let service = story.service(None);
    story.registry.put(2, artifact(&story.view, 10.0).into(), None);
    story.registry.point("champion", 2);
    story.registry.stall(2);
    let live = Arc::clone(&service.live);
    let waits = tokio::spawn(async move { live.refresh(as_of(evening(1))).await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let registry = service.forecaster.registry();
    let other = tokio::time::timeout(Duration::from_secs(30), registry.version(1)).await;
    assert_eq!(other.expect("it waits for the other").unwrap().version, 1);
    assert!(!waits.is_finished());
    waits.abort();
    story.platform.stop().await;
}

#[tokio::test]
async fn an_absent_warehouse_is_noticed_by_a_server_that_nobody_has_asked() {
    let story = Story::begin().await;
    let service = story.service(None);
    assert!(service.live.refresh(as_of(evening(1))).await.unwrap());
    assert!(!service.present.refresh(as_of(evening(1))).await.unwrap());
    assert_eq!(service.present.failing_since(), None);
    story.platform.stop().await;
    service.present.refresh(as_of(evening(2))).await.unwrap_err();
    assert_eq!(service.present.failing_since(), Some(as_of(evening(2)).instant()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn another_champion_takes_over_and_a_broken_one_does_not() {
    let story = Story::begin().await;
    let service = story.service(None);
    let now = as_of(evening(1));
    assert!(matches!(service.live.champion(), Err(Error::NotLive { .. })));
    assert!(service.live.refresh(now).await.unwrap());

    // Requests come all the time, and none of them fails.
    let live = Arc::clone(&service.live);
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let asking = tokio::spawn(async move {
        let mut versions = Vec::new();
        while !*stopped.borrow() {
            let champion = live.champion().unwrap();
            champion.score(Array2::zeros((3, champion.meta().features.len()))).await.unwrap();
            versions.push(champion.version);
            tokio::task::yield_now().await;
        }
        versions.dedup();
        versions
    });
    story.registry.put(2, artifact(&story.view, 10.0).into(), None);
    story.registry.point("champion", 2);
    assert!(service.live.refresh(now).await.unwrap());
    assert!(!service.live.refresh(now).await.unwrap(), "it is live already");
    // Not what was registered; not a model at all; not there.
    story.registry.put(3, artifact(&story.view, 1.0).into(), Some("00ff"));
    story.registry.put(4, b"no model".as_slice().into(), None);
    for broken in [3, 4, 5] {
        story.registry.point("champion", broken);
        service.live.refresh(now).await.unwrap_err();
        assert_eq!(service.live.champion().unwrap().version, 2);
    }
    assert!(service.live.fault().unwrap().public_reason.ends_with("the log says why"));
    story.registry.point("champion", 3);
    service.live.refresh(now).await.unwrap_err();
    assert!(service.live.fault().unwrap().public_reason.contains("has digest"));
    tokio::time::sleep(Duration::from_millis(50)).await;
    stop.send(true).unwrap();
    assert_eq!(asking.await.unwrap(), [1, 2]);

    // Its forecasts are its own.
    let made = service.present.forecasts(now, &story.universe).await.unwrap();
    assert!(made.rows.iter().all(|row| row.model_version == 2));
    story.registry.point("champion", 1);
    assert!(service.live.refresh(now).await.unwrap());
    assert_eq!(service.live.fault(), None);
    let back = service.present.forecasts(now, &story.universe).await.unwrap();
    assert!(back.rows.iter().all(|row| row.model_version == 1));
    story.platform.stop().await;
}

#[tokio::test]
async fn a_shadow_is_written_and_answered_to_nobody() {
    let story = Story::begin().await;
    story.registry.put(2, artifact(&story.view, 10.0).into(), None);
    story.registry.point("challenger", 2);
    let service = story.service(Some("challenger"));
    let now = as_of(evening(1));
    let answered = service.present.forecasts(now, &story.universe).await.unwrap();
    assert!(answered.rows.iter().all(|row| row.model_version == 1 && !row.shadow));
    let mut stored = Vec::new();
    for _ in 0..200 {
        stored = story.stored(evening(2)).await;
        if stored.len() == 4 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let shadows: Vec<(u32, bool)> = stored.iter().map(|row| (row.model_version, row.shadow)).collect();
    assert_eq!(shadows, [(1, false), (2, true), (1, false), (2, true)]);
    // No interval learns from it.
    let first = answered.rows[0].forecast.key.origin;
    let levels: Vec<f64> = DEFAULT_LEVELS.to_vec();
    let warehouse = &story.platform.warehouse;
    let now = as_of(evening(2));
    let symbols = warehouse.served_symbols(now, MODEL, first).await.unwrap();
    let all = &symbols[0].0..=&symbols[symbols.len() - 1].0;
    let origins = first..=first;
    let served = warehouse.served_quantiles(now, MODEL, Horizon::WEEK, &levels, origins, all).await.unwrap();
    assert_eq!(served.iter().map(|of_symbol| of_symbol.origins.len()).sum::<usize>(), 2);
    story.platform.stop().await;
}

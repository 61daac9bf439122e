//! A forecast is written once, whoever writes it and however often.

use futures::future::join_all;
use weekahead_market::{Forecast, ForecastKey, Horizon, Quantile};
use weekahead_warehouse::{
    ForecastFilter, ForecastRow, IntervalRecord, Moments, ServedQuantiles, WriteCounts,
};

use crate::support::{as_of, bar, migrated, session, symbol};

fn forecast(name: &str, origin: &str, point: f64) -> ForecastRow {
    let key = ForecastKey { symbol: symbol(name), origin: session(origin), horizon: Horizon::WEEK };
    let levels = [0.1, 0.5, 0.9].map(|level| (Quantile::new(level).unwrap(), point + level - 0.5));
    ForecastRow {
        forecast: Forecast { key, point, quantiles: levels.to_vec(), origin_close: 439.88 },
        model_name: "weekly".to_owned(),
        model_version: 3,
        run_id: "run".to_owned(),
        model_digest: "sha256:00".to_owned(),
        view: "weekly_core".to_owned(),
        view_version: "abc123".to_owned(),
        as_of: as_of(&format!("{origin}T23:00:00Z")),
        load_ids: vec!["load-1".to_owned(), "load-2".to_owned()],
        intervals: IntervalRecord {
            adapted_levels: vec![0.08, 0.5, 0.92],
            outcomes: 5,
            coverage_80: Some(0.6),
        },
        shadow: false,
        written_at: as_of(&format!("{origin}T23:00:01Z")).instant(),
    }
}

#[tokio::test]
async fn the_first_forecast_stands() {
    let (engine, warehouse) = migrated().await;
    let rows = [forecast("AAPL", "2013-01-18", 0.01), forecast("AAPL", "2013-01-25", 0.02)];
    assert_eq!(warehouse.write_forecasts(&[]).await.unwrap(), WriteCounts::default());
    let counts = warehouse.write_forecasts(&rows).await.unwrap();
    assert_eq!(counts, WriteCounts { written: 2, already_there: 0 });

    // The same keys with other numbers, one of them twice, and one that is new.
    let again = [
        forecast("AAPL", "2013-01-25", 0.5),
        forecast("IBM", "2013-01-25", 0.03),
        forecast("IBM", "2013-01-25", 0.04),
    ];
    let counts = warehouse.write_forecasts(&again).await.unwrap();
    assert_eq!(counts, WriteCounts { written: 1, already_there: 2 });

    let all = warehouse.forecasts(as_of("2013-02-01"), &ForecastFilter::default()).await.unwrap();
    assert_eq!(all, [rows[0].clone(), rows[1].clone(), again[1].clone()]);

    // A reader who stands before a forecast was made does not see it.
    let then = warehouse.forecasts(as_of("2013-01-25T22:59:59Z"), &ForecastFilter::default()).await.unwrap();
    assert_eq!(then, rows[..1]);

    let filter = ForecastFilter {
        symbols: Some(vec![symbol("AAPL")]),
        from: Some(session("2013-01-20")),
        to: Some(session("2013-01-25")),
        horizon: Some(Horizon::WEEK),
        model_name: Some("weekly".to_owned()),
        model_version: Some(3),
        forecast_id: Some(rows[1].id()),
    };
    assert_eq!(warehouse.forecasts(as_of("2013-02-01"), &filter).await.unwrap(), rows[1..]);
    let other = ForecastFilter { model_version: Some(4), ..filter };
    assert!(warehouse.forecasts(as_of("2013-02-01"), &other).await.unwrap().is_empty());
    engine.stop().await;
}

#[tokio::test]
async fn concurrent_writers_leave_one_row_a_key() {
    let (engine, warehouse) = migrated().await;
    let batch = |point: f64| -> Vec<ForecastRow> {
        (0..50).map(|i| forecast(&format!("S{i}"), "2013-01-25", point)).collect()
    };
    // Tasks of one process: not one key is written twice.
    let rows = batch(0.01);
    let counts = join_all((0..8).map(|_| warehouse.write_forecasts(&rows))).await;
    let written: usize = counts.into_iter().map(|count| count.unwrap().written).sum();
    assert_eq!(written, 50);

    // Processes that know nothing of each other: still one row a key.
    let writers: Vec<_> = (0..4).map(|_| engine.open()).collect();
    let rows: Vec<ForecastRow> =
        batch(0.02).into_iter().map(|row| ForecastRow { model_version: 4, ..row }).collect();
    for counts in join_all(writers.iter().map(|writer| writer.write_forecasts(&rows))).await {
        let WriteCounts { written, already_there } = counts.unwrap();
        assert_eq!(written + already_there, 50);
    }
    assert_eq!(warehouse.row_counts("forecasts").await.unwrap()["forecasts"], 100);
    let filter = ForecastFilter { model_version: Some(4), ..ForecastFilter::default() };
    let stored = warehouse.forecasts(as_of("2013-02-01"), &filter).await.unwrap();
    assert!(stored.len() == 50 && stored.iter().all(|row| row.forecast.point == 0.02));
    engine.stop().await;
}

#[tokio::test]
async fn quantiles_are_those_that_were_written_by_then() {
    let (engine, warehouse) = migrated().await;
    let first = forecast("IBM", "2013-01-18", 0.01);
    let other = ForecastRow { model_name: "other".to_owned(), ..forecast("AAPL", "2013-01-18", 0.0) };
    let late = ForecastRow {
        written_at: as_of("2013-03-01T00:00:00Z").instant(),
        ..forecast("AAPL", "2013-01-18", 0.02)
    };
    let mut fewer = forecast("MSFT", "2013-01-18", 0.03);
    fewer.forecast.quantiles.pop();
    let second = forecast("IBM", "2013-01-25", 0.04);
    let rows = [second.clone(), first.clone(), other, late.clone(), fewer];
    warehouse.write_forecasts(&rows).await.unwrap();
    let served = async |at: &str, from: &str| {
        let (levels, from) = ([0.1, 0.5, 0.9], session(from));
        let symbols = warehouse.served_symbols(as_of(at), "weekly", from).await.unwrap();
        assert!(symbols.iter().all(|(_, first)| *first >= from));
        let (all, to) = (&symbols[0].0..=&symbols[symbols.len() - 1].0, session("2013-01-25"));
        warehouse.served_quantiles(as_of(at), "weekly", Horizon::WEEK, &levels, from..=to, all).await.unwrap()
    };
    let quantiles = |rows: &[&ForecastRow]| ServedQuantiles {
        symbol: rows[0].forecast.key.symbol.clone(),
        origins: rows.iter().map(|row| row.forecast.key.origin).collect(),
        values: rows.iter().flat_map(|row| row.forecast.quantiles.iter().map(|(_, value)| *value)).collect(),
    };
    assert_eq!(served("2013-02-01", "2013-01-01").await, [quantiles(&[&first, &second])]);
    assert_eq!(served("2013-02-01", "2013-01-19").await, [quantiles(&[&second])]);
    assert_eq!(served("2013-01-25T23:00:00Z", "2013-01-01").await, [quantiles(&[&first])]);
    let with_late = [quantiles(&[&late]), quantiles(&[&first, &second])];
    assert_eq!(served("2013-03-01", "2013-01-01").await, with_late);
    let counts =
        async |at: &str| warehouse.outcome_counts(as_of(at), "weekly", session("2013-01-19")).await.unwrap();
    let close = |day: &str| bar("IBM", day, 200.0, &format!("{day}T22:00:00Z"), 1);
    warehouse.write_bars(&["2013-01-18", "2013-01-25"].map(close)).await.unwrap();
    assert_eq!(counts("2013-01-25T21:59:59Z").await, (0, 0));
    assert_eq!(counts("2013-02-01").await, (1, 1));
    engine.stop().await;
}

#[tokio::test]
async fn the_newest_origin_is_told_from_those_before() {
    let (engine, warehouse) = migrated().await;
    let moments = async |day: &str| warehouse.forecast_moments(as_of(day), "weekly").await.unwrap();
    assert_eq!(moments("2013-02-01").await.newest.count, 0);
    assert!(moments("2013-02-01").await.newest.mean.is_nan());
    let rows = [
        forecast("AAPL", "2013-01-11", 0.01),
        forecast("AAPL", "2013-01-18", 0.03),
        forecast("AAPL", "2013-01-25", 0.5),
        forecast("IBM", "2013-01-25", 0.7),
    ];
    warehouse.write_forecasts(&rows).await.unwrap();
    let found = moments("2013-02-01").await;
    let near = |found: &Moments, count: u64, mean: f64, deviation: f64| {
        assert_eq!(found.count, count, "{found:?}");
        assert!((found.mean - mean).abs() < 1e-12, "{found:?}");
        assert!((found.standard_deviation - deviation).abs() < 1e-12, "{found:?}");
    };
    near(&found.newest, 2, 0.6, 0.1);
    near(&found.before, 2, 0.02, 0.01);
    // A reader who stands before the last origin does not see it.
    let then = moments("2013-01-20").await;
    near(&then.newest, 1, 0.03, 0.0);
    near(&then.before, 1, 0.01, 0.0);
    engine.stop().await;
}

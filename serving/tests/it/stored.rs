//! What a client sees of forecasts that were written back: pages, outcomes, lineage, accuracy; and of the bars behind them.

use serde_json::Value;
use weekahead_market::{Forecast, ForecastKey, Horizon, Quantile};
use weekahead_serving::http::ServerHandle;
use weekahead_warehouse::{ForecastRow, IntervalRecord};

use crate::http::{WEDNESDAY, get, served};
use crate::support::{Platform, as_of, bar, history, published, restated, session, symbol, view};

/// The marts that dbt builds, with the columns that are read here.
const MARTS: [&str; 3] = [
    "CREATE TABLE marts.forecast_accuracy (forecast_id UUID, symbol LowCardinality(String), \
     model_name LowCardinality(String), model_version UInt32, origin Date32, horizon UInt8, target_session Date32, \
     realised Float64, abs_error Float64, random_walk_abs_error Float64, direction_hit Nullable(Float64), \
     in_interval_80 Nullable(UInt8), in_interval_90 Nullable(UInt8), pinball Nullable(Float64), shadow Bool) \
     ENGINE = MergeTree ORDER BY (model_name, symbol, origin, horizon)",
    "CREATE DATABASE IF NOT EXISTS staging",
    "CREATE TABLE staging.stg_loads (load_id String, ingested_at DateTime64(6, 'UTC'), objects Array(Tuple(kind String, \
     key String, etag String, size_bytes UInt64, rows UInt64))) ENGINE = ReplacingMergeTree ORDER BY load_id",
];

/// A forecast of a day, by version 3 unless told otherwise.
fn forecast(name: &str, day: i32, version: u32) -> ForecastRow {
    let key = ForecastKey { symbol: symbol(name), origin: session(day), horizon: Horizon::WEEK };
    let levels = [0.1, 0.5, 0.9].map(|level| (Quantile::new(level).unwrap(), 0.25 * (level - 0.5)));
    ForecastRow {
        forecast: Forecast { key, point: 0.0, quantiles: levels.to_vec(), origin_close: 100.0 },
        model_name: "m".to_owned(),
        model_version: version,
        run_id: format!("run-{version}"),
        model_digest: "00".to_owned(),
        view: "online".to_owned(),
        view_version: "abc".to_owned(),
        as_of: as_of(published(day)),
        load_ids: vec!["load-1".to_owned(), "load-2".to_owned()],
        intervals: IntervalRecord {
            adapted_levels: vec![0.1, 0.5, 0.9],
            outcomes: 5,
            coverage_80: Some(0.75),
        },
        shadow: false,
        written_at: as_of(published(day)).instant(),
    }
}

async fn platform() -> Platform {
    let platform = Platform::start().await;
    for statement in MARTS {
        platform.warehouse.execute(statement).await.unwrap();
    }
    platform
}

/// What came true of a forecast.
async fn realised(platform: &Platform, row: &ForecastRow, target: i32, realised: f64, figures: &str) {
    let key = &row.forecast.key;
    let statement = format!(
        "INSERT INTO marts.forecast_accuracy VALUES ('{}', '{}', 'm', {}, '{}', 5, '{}', {realised}, {figures}, false)",
        row.id(),
        key.symbol,
        row.model_version,
        key.origin,
        session(target)
    );
    platform.warehouse.execute(&statement).await.unwrap();
}

/// Symbol, origin and version of every forecast of a page, and its cursor.
fn page(answer: &Value) -> (Vec<String>, Option<String>) {
    assert_eq!(answer["status"], 200, "{answer}");
    let answer = &answer["answer"];
    let line = |row: &Value| {
        let text = |name: &str| row[name].as_str().unwrap();
        format!("{} {} {}", text("origin"), text("symbol"), row["model_version"])
    };
    let cursor = answer["next_cursor"].as_str().map(str::to_owned);
    (answer["forecasts"].as_array().unwrap().iter().map(line).collect(), cursor)
}

#[tokio::test]
async fn no_forecast_is_skipped_or_told_twice_while_others_are_written() {
    let platform = platform().await;
    let (server, _) = served(&platform, view("online")).await;
    let rows = [
        forecast("AAPL", WEDNESDAY - 7, 3),
        forecast("IBM", WEDNESDAY - 7, 3),
        forecast("AAPL", WEDNESDAY, 3),
        forecast("AAPL", WEDNESDAY, 4),
        forecast("IBM", WEDNESDAY, 3),
    ];
    platform.warehouse.write_forecasts(&rows).await.unwrap();
    let (all, none) = page(&get(&server, "/v1/forecasts").await);
    assert_eq!((all.len(), none), (5, None));
    assert!(all[0].starts_with("2013-01-23 AAPL") && all[2] == "2013-01-23 IBM 3", "{all:?}");
    assert_eq!(all[3..], ["2013-01-16 AAPL 3", "2013-01-16 IBM 3"]);

    let (mut told, mut cursor) = page(&get(&server, "/v1/forecasts?limit=1").await);
    let mut later =
        [forecast("A", WEDNESDAY, 3), forecast("ZZZ", WEDNESDAY + 1, 3), forecast("B", WEDNESDAY - 1, 3)]
            .into_iter();
    while let Some(text) = cursor {
        if let Some(row) = later.next() {
            platform.warehouse.write_forecasts(&[row]).await.unwrap();
        }
        let (next, after) = page(&get(&server, &format!("/v1/forecasts?limit=2&cursor={text}")).await);
        told.extend(next);
        cursor = after;
    }
    // What was written behind the reader is not told; what was written ahead of it is, once.
    told.retain(|line| !line.contains(" B "));
    assert_eq!(told, all);

    let filtered = "/v1/forecasts?symbol=IBM,%20AAPL&origin_from=2013-01-20&origin_to=2013-01-23&model=m&model_version=3&horizon=5";
    assert_eq!(page(&get(&server, filtered).await).0, ["2013-01-23 AAPL 3", "2013-01-23 IBM 3"]);
    let then = page(&get(&server, "/v1/forecasts?as_of=2013-01-17").await).0;
    assert_eq!(then, ["2013-01-16 AAPL 3", "2013-01-16 IBM 3"]);
    server.shutdown().await;
    platform.stop().await;
}

/// Asks, and says what was answered without what differs from run to run.
async fn answers(server: &ServerHandle, paths: &[&str]) -> Vec<Value> {
    let mut answers = Vec::new();
    for path in paths {
        answers.push(get(server, path).await);
    }
    answers
}

#[tokio::test]
async fn stored_forecasts_are_answered_as_agreed() {
    let platform = platform().await;
    let (server, _) = served(&platform, view("online")).await;
    // The target session of the first is Wednesday, of the second the next one: not closed yet.
    let rows = [forecast("AAPL", WEDNESDAY - 8, 3), forecast("AAPL", WEDNESDAY, 3)];
    platform.warehouse.write_forecasts(&rows).await.unwrap();
    realised(&platform, &rows[0], WEDNESDAY, 0.5, "0.5, 0.5, 0.5, 0, NULL, 0.25").await;
    realised(&platform, &rows[1], WEDNESDAY + 7, 0.5, "0.5, 0.5, 0.5, 0, NULL, 0.25").await;
    let load = "INSERT INTO staging.stg_loads VALUES ('load-1', '2013-01-10 00:00:00', \
                [('quotes', 'raw/quotes/a.parquet', 'e1', 10, 2), ('responses', 'raw/responses/a.zst', 'e2', 20, 1)])";
    platform.warehouse.execute(load).await.unwrap();
    let lineage = format!("/v1/forecasts/{}/lineage", rows[0].id());
    let paths = [
        "/v1/forecasts",
        "/v1/forecasts?as_of=2013-01-22",
        &lineage,
        "/v1/forecasts/00000000-0000-0000-0000-000000000000/lineage",
        "/v1/forecasts/x/lineage",
        "/v1/forecasts?limit=0",
        "/v1/forecasts?limit=many",
        "/v1/forecasts?horizon=11",
        "/v1/forecasts?symbol=",
        "/v1/forecasts?origin_from=0001-01-01",
        "/v1/forecasts?as_of=2014-01-01",
        "/v1/forecasts?as_of=0001-01-01",
        "/v1/forecasts?cursor=x",
        "/v1/forecasts?page=2",
    ];
    insta::assert_json_snapshot!(answers(&server, &paths).await);
    server.shutdown().await;
    platform.stop().await;
}

#[tokio::test]
async fn accuracy_is_the_mean_of_what_dbt_scored() {
    let platform = platform().await;
    let (server, _) = served(&platform, view("online")).await;
    let day = WEDNESDAY - 8;
    let hit = "0.25, 0.5, 1, 1, 1, 0.125";
    realised(&platform, &forecast("AAPL", day, 9), WEDNESDAY, 0.5, hit).await;
    realised(&platform, &forecast("IBM", day, 10), WEDNESDAY, 0.5, "0.75, 0.5, 0, 0, 1, 0.375").await;
    realised(&platform, &forecast("IBM", day - 1, 10), WEDNESDAY - 1, 0.0, "0, 0, NULL, NULL, NULL, NULL")
        .await;
    // Its session has not closed.
    realised(&platform, &forecast("IBM", WEDNESDAY, 10), WEDNESDAY + 7, 0.5, hit).await;
    let paths = [
        "/v1/accuracy",
        "/v1/accuracy?symbol=AAPL&horizon=5",
        "/v1/accuracy?model=none",
        "/v1/accuracy?as_of=2013-01-23T15:00:00Z&horizon=5&symbol=AAPL",
        "/v1/accuracy?horizon=0",
    ];
    insta::assert_json_snapshot!(answers(&server, &paths).await);
    assert_eq!(get(&server, "/v1/models").await["status"], 503, "no tracker answers here");
    server.shutdown().await;
    platform.stop().await;
}

#[tokio::test]
async fn symbols_and_prices_are_answered_as_agreed() {
    let platform = Platform::start().await;
    let (server, _) = served(&platform, view("online")).await;
    let mut bars = history("IBM", WEDNESDAY - 6..WEDNESDAY);
    bars.push(bar("AAPL", WEDNESDAY - 1, 100.0));
    let (mut split, known) = (bar("AAPL", WEDNESDAY, 49.0), published(WEDNESDAY + 1));
    (split.split, split.dividend) = (2.0, 2.0);
    bars.extend([split.clone(), restated(split, known, 2), bar("AAPL", WEDNESDAY + 1, 49.0)]);
    bars[8].close = 49.49;
    platform.warehouse.write_bars(&bars).await.unwrap();
    let paths = [
        "/v1/symbols",
        "/v1/symbols/AAPL/prices",
        "/v1/symbols/AAPL/prices?sessions=1&as_of=2013-01-24T01:00:00Z",
        "/v1/symbols/NONE/prices",
        "/v1/symbols/two%20words/prices",
        "/v1/symbols/AAPL/prices?sessions=2501",
        "/v1/symbols/AAPL/prices?session=1",
    ];
    insta::assert_json_snapshot!(answers(&server, &paths).await);
    platform.warehouse.execute("DROP TABLE marts.bars").await.unwrap();
    assert_eq!(get(&server, "/v1/symbols").await["answer"]["code"], "not_built");
    server.shutdown().await;
    platform.stop().await;
}

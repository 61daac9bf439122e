//! Backtests, promotions and pipeline runs come back as they were written, once.

use weekahead_market::{ForecastKey, Horizon, Quantile};
use weekahead_warehouse::{BacktestRow, PipelineRun, PromotionRow};

use crate::support::{as_of, migrated, session, symbol};

fn backtest(name: &str, target: f64) -> BacktestRow {
    BacktestRow {
        run_id: "run".to_owned(),
        model: "weekly".to_owned(),
        model_kind: "ridge".to_owned(),
        fold: 2,
        key: ForecastKey { symbol: symbol(name), origin: session("2012-11-02"), horizon: Horizon::WEEK },
        point: 0.01,
        quantiles: vec![(Quantile::new(0.1).unwrap(), -0.02), (Quantile::new(0.9).unwrap(), 0.04)],
        target,
        written_at: as_of("2013-01-25T23:00:00Z").instant(),
    }
}

fn promotion(at: &str, version: u32) -> PromotionRow {
    PromotionRow {
        decided_at: as_of(at).instant(),
        model_name: "weekly".to_owned(),
        model_version: version,
        model_kind: "ridge".to_owned(),
        run_id: format!("run-{version}"),
        previous_version: (version > 1).then_some(version - 1),
        promoted: version == 1,
        metric: "mae".to_owned(),
        challenger_value: 0.031,
        champion_value: 0.03,
        p_value: 0.4,
        reason: "not better".to_owned(),
    }
}

#[tokio::test]
async fn what_is_recorded_is_read_back_once() {
    let (engine, warehouse) = migrated().await;
    let at = as_of("2013-02-01");

    let rows = [backtest("AAPL", 0.02), backtest("IBM", -0.01)];
    warehouse.write_backtests(&rows).await.unwrap();
    warehouse.write_backtests(&rows).await.unwrap();
    assert_eq!(warehouse.backtests(at, "run").await.unwrap(), rows);
    assert!(warehouse.backtests(at, "other").await.unwrap().is_empty());

    let decisions = [promotion("2013-01-18T23:00:00Z", 1), promotion("2013-01-25T23:00:00Z", 2)];
    for decision in decisions.iter().chain(&decisions) {
        warehouse.write_promotion(decision).await.unwrap();
    }
    assert_eq!(warehouse.promotions(at, "weekly").await.unwrap(), decisions);
    assert_eq!(warehouse.promotions(as_of("2013-01-20"), "weekly").await.unwrap(), decisions[..1]);

    let running = PipelineRun {
        pipeline_run_id: "weekly-2013-01-25".to_owned(),
        step: "ingest".to_owned(),
        as_of: as_of("2013-01-25T23:00:00Z"),
        status: "running".to_owned(),
        detail: String::new(),
        started_at: as_of("2013-01-25T23:00:00Z").instant(),
        finished_at: as_of("2013-01-25T23:00:00Z").instant(),
    };
    // The clock of a replay stands still: the later write counts.
    let done =
        PipelineRun { status: "succeeded".to_owned(), detail: "5 symbols".to_owned(), ..running.clone() };
    warehouse.write_pipeline_run(&running).await.unwrap();
    warehouse.write_pipeline_run(&done).await.unwrap();
    assert_eq!(warehouse.pipeline_runs(at).await.unwrap(), [done]);
    engine.stop().await;
}

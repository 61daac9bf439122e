//! The schema goes up, down and up again, and notices when somebody rewrote history.

use weekahead_warehouse::{Error, LATEST_MIGRATION, LakeLocation, Warehouse};

use crate::support::{Engine, lake};

async fn applied(warehouse: &Warehouse) -> Vec<u32> {
    let status = warehouse.migration_status().await.unwrap();
    assert!(status.iter().all(|migration| !migration.changed));
    status.into_iter().filter(|migration| migration.applied).map(|migration| migration.version).collect()
}

#[tokio::test]
async fn up_down_up_and_a_rewritten_migration() {
    let engine = Engine::start("").await;
    let warehouse = engine.open();
    assert!(applied(&warehouse).await.is_empty());
    assert!(matches!(warehouse.row_counts("ops").await, Ok(tables) if tables.is_empty()));

    let all: Vec<u32> = (1..=LATEST_MIGRATION).collect();
    assert_eq!(warehouse.migrate(&lake()).await.unwrap().len(), all.len());
    assert_eq!(applied(&warehouse).await, all);
    assert!(warehouse.migrate(&lake()).await.unwrap().is_empty(), "the second time there is nothing to do");
    let tables: Vec<String> = warehouse.row_counts("ops").await.unwrap().into_keys().collect();
    let expected = [
        "dbt_results",
        "feature_stats",
        "materialized",
        "pipeline_runs",
        "promotions",
        "schedule_leases",
        "schedule_runs",
        "schema_migrations",
    ];
    assert_eq!(tables, expected);

    let taken_back = [
        "0012_schedules",
        "0011_dbt_results",
        "0010_recent_features",
        "0009_shadow_forecasts",
        "0008_adaptive_intervals",
        "0007_feature_stats",
        "0006_materialized",
        "0005_pipeline_runs",
        "0004_promotions",
        "0003_backtests",
    ];
    assert_eq!(warehouse.rollback(2).await.unwrap(), taken_back);
    assert_eq!(applied(&warehouse).await, [1, 2]);
    let tables: Vec<String> = warehouse.row_counts("forecasts").await.unwrap().into_keys().collect();
    assert_eq!(tables, ["forecasts"]);
    warehouse.rollback(0).await.unwrap();
    assert!(applied(&warehouse).await.is_empty());
    warehouse.migrate(&LakeLocation { url: "http://127.0.0.1:9/other".to_owned(), ..lake() }).await.unwrap();
    assert_eq!(applied(&warehouse).await, all);

    // Somebody edits a migration after it was applied.
    let insert = "INSERT INTO ops.schema_migrations (version, name, checksum, applied, sequence) VALUES";
    warehouse.execute(&format!("{insert} (3, '0003_backtests', 'other', 1, 1000)")).await.unwrap();
    let error = warehouse.migrate(&lake()).await.unwrap_err();
    assert!(matches!(&error, Error::MigrationChanged { name } if name == "0003_backtests"), "{error}");
    assert!(warehouse.migration_status().await.unwrap()[2].changed);

    // A newer program was here.
    warehouse.execute(&format!("{insert} (900, '0900_future', 'x', 1, 1001)")).await.unwrap();
    let error = warehouse.migrate(&lake()).await.unwrap_err();
    assert!(matches!(&error, Error::MigrationUnknown { name } if name == "0900_future"), "{error}");
    engine.stop().await;
}

#[tokio::test]
async fn before_the_migrations_a_read_says_what_to_run() {
    let engine = Engine::start("").await;
    let warehouse = engine.open();
    let error = warehouse.bars("2013-01-25".parse().unwrap(), None, None).await.unwrap_err();
    assert!(matches!(error, Error::UnknownTable { .. }), "{error}");
    assert!(error.to_string().contains("weekahead warehouse migrate"), "{error}");
    engine.stop().await;
}

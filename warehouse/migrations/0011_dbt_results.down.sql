DROP TABLE IF EXISTS ops.dbt_results{on_cluster};
-- cluster only
DROP TABLE IF EXISTS ops.dbt_results_local{on_cluster};

DROP TABLE IF EXISTS ops.materialized{on_cluster};
-- cluster only
DROP TABLE IF EXISTS ops.materialized_local{on_cluster};

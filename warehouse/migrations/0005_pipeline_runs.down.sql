DROP TABLE IF EXISTS ops.pipeline_runs{on_cluster};
-- cluster only
DROP TABLE IF EXISTS ops.pipeline_runs_local{on_cluster};

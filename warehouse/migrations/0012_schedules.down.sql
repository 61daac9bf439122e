DROP TABLE IF EXISTS ops.schedule_leases{on_cluster};
-- cluster only
DROP TABLE IF EXISTS ops.schedule_leases_local{on_cluster};
DROP TABLE IF EXISTS ops.schedule_runs{on_cluster};
-- cluster only
DROP TABLE IF EXISTS ops.schedule_runs_local{on_cluster};

DROP TABLE IF EXISTS ops.feature_stats{on_cluster};
-- cluster only
DROP TABLE IF EXISTS ops.feature_stats_local{on_cluster};

DROP TABLE IF EXISTS forecasts.backtests{on_cluster};
-- cluster only
DROP TABLE IF EXISTS forecasts.backtests_local{on_cluster};

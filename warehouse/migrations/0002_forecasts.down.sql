DROP TABLE IF EXISTS forecasts.forecasts{on_cluster};
-- cluster only
DROP TABLE IF EXISTS forecasts.forecasts_local{on_cluster};

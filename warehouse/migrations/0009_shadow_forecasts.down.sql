-- cluster only
ALTER TABLE forecasts.forecasts{on_cluster} DROP COLUMN IF EXISTS shadow;
ALTER TABLE forecasts.forecasts{local}{on_cluster} DROP COLUMN IF EXISTS shadow;

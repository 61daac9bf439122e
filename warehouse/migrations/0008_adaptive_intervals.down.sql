-- cluster only
ALTER TABLE forecasts.forecasts{on_cluster}
    DROP COLUMN IF EXISTS adapted_levels,
    DROP COLUMN IF EXISTS interval_outcomes,
    DROP COLUMN IF EXISTS coverage_80;
ALTER TABLE forecasts.forecasts{local}{on_cluster}
    DROP COLUMN IF EXISTS adapted_levels,
    DROP COLUMN IF EXISTS interval_outcomes,
    DROP COLUMN IF EXISTS coverage_80;

-- What the intervals of a forecast were made with: the levels that were asked for, and what was known of those before.
ALTER TABLE forecasts.forecasts{local}{on_cluster}
    ADD COLUMN IF NOT EXISTS adapted_levels Array(Float64) AFTER load_ids,
    ADD COLUMN IF NOT EXISTS interval_outcomes UInt32 AFTER adapted_levels,
    ADD COLUMN IF NOT EXISTS coverage_80 Nullable(Float64) AFTER interval_outcomes;
-- cluster only
ALTER TABLE forecasts.forecasts{on_cluster}
    ADD COLUMN IF NOT EXISTS adapted_levels Array(Float64) AFTER load_ids,
    ADD COLUMN IF NOT EXISTS interval_outcomes UInt32 AFTER adapted_levels,
    ADD COLUMN IF NOT EXISTS coverage_80 Nullable(Float64) AFTER interval_outcomes;

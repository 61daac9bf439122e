-- Whether a forecast was made beside the champion's, to be compared, and answered to nobody.
ALTER TABLE forecasts.forecasts{local}{on_cluster}
    ADD COLUMN IF NOT EXISTS shadow Bool DEFAULT false AFTER coverage_80;
-- cluster only
ALTER TABLE forecasts.forecasts{on_cluster}
    ADD COLUMN IF NOT EXISTS shadow Bool DEFAULT false AFTER coverage_80;

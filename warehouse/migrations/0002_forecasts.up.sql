-- What was forecast, by which model, from what. One row a key after FINAL.
CREATE TABLE IF NOT EXISTS forecasts.forecasts{local}{on_cluster}
(
    forecast_id     UUID,
    symbol          LowCardinality(String),
    origin          Date32,
    horizon         UInt8,
    model_name      LowCardinality(String),
    model_version   UInt32,
    run_id          String,
    model_digest    String,
    view            LowCardinality(String),
    view_version    String,
    as_of           DateTime64(6, 'UTC'),
    point           Float64,
    quantile_levels Array(Float64),
    quantile_values Array(Float64),
    origin_close    Float64,
    load_ids        Array(String),
    written_at      DateTime64(6, 'UTC')
)
ENGINE = {replicated}ReplacingMergeTree(written_at)
ORDER BY (model_name, model_version, symbol, origin, horizon);
-- cluster only
CREATE TABLE IF NOT EXISTS forecasts.forecasts{on_cluster} AS forecasts.forecasts_local
ENGINE = Distributed({cluster}, forecasts, forecasts_local, cityHash64(symbol));

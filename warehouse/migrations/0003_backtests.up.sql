-- What each run forecast out of sample, with what came true.
CREATE TABLE IF NOT EXISTS forecasts.backtests{local}{on_cluster}
(
    run_id          String,
    model           LowCardinality(String),
    model_kind      LowCardinality(String),
    fold            UInt16,
    symbol          LowCardinality(String),
    origin          Date32,
    horizon         UInt8,
    point           Float64,
    quantile_levels Array(Float64),
    quantile_values Array(Float64),
    target          Float64,
    written_at      DateTime64(6, 'UTC')
)
ENGINE = {replicated}ReplacingMergeTree(written_at)
ORDER BY (run_id, symbol, origin, horizon);
-- cluster only
CREATE TABLE IF NOT EXISTS forecasts.backtests{on_cluster} AS forecasts.backtests_local
ENGINE = Distributed({cluster}, forecasts, backtests_local, cityHash64(symbol));

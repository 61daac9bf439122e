-- A made-up market, straight into staging, forecasts and ops: deterministic, every number a hash of what it is about.
--
-- Into a warehouse that is migrated and whose dbt project was built once (on an empty lake), so that the tables are there.
-- Parameters: symbols, sessions (weekdays up to 2026-01-30), weeks (of forecasts), models (of backtests, 9 at most).
-- Statements end with a semicolon at the end of a line. Then `dbt build` makes the marts.

-- The bars as first seen, in one load. Geometric random walks with a common factor, quarterly dividends and rare splits.
INSERT INTO staging.stg_bars
SELECT
    symbol,
    session,
    round(open, 4) AS open,
    round(greatest(open, close) * (1 + spread), 4) AS high,
    round(least(open, close) * (1 - spread), 4) AS low,
    close,
    volume,
    dividend,
    split,
    'USD' AS currency,
    'made-up' AS source,
    toDateTime64(session, 6, 'UTC') + INTERVAL 21 HOUR AS event_time,
    event_time + INTERVAL 1 HOUR AS available_at,
    toDateTime64('2026-01-30 23:00:00', 6, 'UTC') AS ingested_at,
    cityHash64(symbol, session, open, high, low, close, volume, dividend, split) AS content_hash,
    '019c1000-0000-7000-8000-000000000000' AS load_id
FROM
(
    SELECT
        symbol,
        bar.1 AS session,
        round(exp(bar.2 + log_start), 4) AS close,
        close * (1 + 0.004 * (bar.3 - 0.5)) AS open,
        0.01 * bar.4 AS spread,
        round(100000 * (1 + 5000 / (1 + number)) * exp(bar.5)) AS volume,
        if((bar.6 + number) % 63 = 62 AND number % 3 = 0, round(close * 0.005, 2), 0) AS dividend,
        if((bar.6 + 37 * number) % 4000 = 3999, 2, 1) AS split
    FROM
    (
        SELECT
            number,
            concat('S', leftPad(toString(number), 5, '0')) AS symbol,
            log(20 + cityHash64(number, 'start') % 300) AS log_start,
            arrayReverse(arrayMap(
                n -> toDate32('2026-01-30') - (n + 2 * intDiv(n, 5)),
                range({sessions:UInt32})
            )) AS dates,
            range({sessions:UInt32}) AS places,
            -- The bits of a hash are as good as normal: 32 of 64, give or take 4. 1.5 % a session of its own, 0.9 % of the market.
            arrayMap(t -> (bitCount(cityHash64(t, 'market')) - 32) / 4 * 0.009 + 0.0002, places) AS market,
            arrayMap(t -> (bitCount(cityHash64(number, t)) - 32) / 4 * 0.015
                + (cityHash64(number, t, 'fine') % 1000 - 499.5) / 500 * 0.002, places) AS own,
            arrayMap(t -> if((t + 37 * number) % 4000 = 3999, -log(2), 0), places) AS splits,
            arrayCumSum(arrayMap((m, o, s) -> m * (0.5 + number % 10 / 10) + o + s, market, own, splits)) AS path
        FROM numbers({symbols:UInt32})
        SETTINGS max_block_size = 50
    )
    ARRAY JOIN arrayMap(
        (date, level, t) -> (
            date, level,
            cityHash64(number, t, 'open') % 1000 / 1000,
            cityHash64(number, t, 'spread') % 1000 / 1000,
            (bitCount(cityHash64(number, t, 'volume')) - 32) / 8,
            t
        ),
        dates, path, places
    ) AS bar
)
SETTINGS max_block_size = 50, max_insert_block_size = 1048576, min_insert_block_size_rows = 1048576;

-- A day later: the last ten sessions of each symbol once more, a bar in a thousand restated.
INSERT INTO staging.stg_bars
SELECT
    symbol, session, open, high, low,
    if(restated, (high + low) / 2, close) AS close,
    volume, dividend, split, currency, source, event_time, available_at,
    toDateTime64('2026-01-31 23:00:00', 6, 'UTC') AS ingested_at,
    if(restated, content_hash + 1, content_hash) AS content_hash,
    '019c1000-0000-7000-8000-000000000001' AS load_id
FROM (SELECT *, cityHash64(symbol, session, 'restated') % 1000 = 0 AS restated FROM staging.stg_bars)
WHERE session > toDate32('2026-01-30') - 14 AND load_id = '019c1000-0000-7000-8000-000000000000';

-- Their commit records, and those of two years of nightly loads that brought nothing new.
INSERT INTO staging.stg_loads
SELECT
    if(number < 2, concat('019c1000-0000-7000-8000-00000000000', toString(number)),
        concat('019b0000-0000-7000-8000-', leftPad(toString(number), 12, '0'))) AS load_id,
    'made-up' AS source,
    if(number < 2, toDateTime64('2026-01-30 23:00:00', 6, 'UTC') + toIntervalDay(number),
        toDateTime64('2026-01-30 22:00:00', 6, 'UTC') - toIntervalDay(number)) AS ingested_at,
    if(number < 2, rows, {symbols:UInt32} * 10) AS rows_accepted,
    cityHash64(number) % 200 AS rows_rejected,
    if(number < 2, [concat('raw/quotes/', load_id, '.parquet')], []) AS quote_keys,
    if(number < 2, rows, 0) AS quote_rows,
    2 AS object_count,
    quote_rows * 40 + 1000000 AS size_bytes,
    {symbols:UInt32} AS symbol_count,
    {symbols:UInt32} - failed AS symbols_ok,
    0 AS symbols_empty,
    failed AS symbols_failed,
    0 AS null_rows, rows_rejected AS fault_rows, 0 AS duplicate_rows,
    [('responses', concat('raw/responses/', load_id, '-0.ndjson.zst'), 'etag', 1000000, {symbols:UInt32})] AS objects,
    arrayMap(
        n -> (concat('S', leftPad(toString(n), 5, '0')), if(n < failed, 'failed', 'ok'), if(n < failed, 'timeout', ''),
            10, 0, toDate32('2026-01-20'), toDate32('2026-01-30'), toDate32('2026-01-20')),
        range({symbols:UInt32})
    ) AS symbols
FROM
(
    SELECT number, if(number < 2, rows, 0) AS rows, if(cityHash64(number, 'failed') % 20 = 0, cityHash64(number) % 40, 0) AS failed
    FROM numbers(504) AS loads
    LEFT JOIN (SELECT toUInt64(right(toString(load_id), 1)) AS number, count() AS rows FROM staging.stg_bars GROUP BY number) AS counted
        USING number
);

-- What the champions forecast each Friday, the newest of a session ahead of all bars.
INSERT INTO forecasts.forecasts
SELECT
    reinterpretAsUUID(sipHash128(symbol, origin, version)) AS forecast_id,
    symbol,
    origin,
    5 AS horizon,
    'weekahead-weekly' AS model_name,
    version AS model_version,
    concat('run-', toString(version % {models:UInt32}), '-', toString(version)) AS run_id,
    'digest', 'weekly_core', 'made-up',
    toDateTime64(origin, 6, 'UTC') + INTERVAL 23 HOUR AS as_of,
    (cityHash64(symbol, origin, 'point') % 1000 - 499.5) / 500 * 0.01 AS point,
    [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95] AS quantile_levels,
    arrayMap(z -> point + z * 0.038, [-1.645, -1.2816, -0.6745, 0., 0.6745, 1.2816, 1.645]) AS quantile_values,
    close AS origin_close,
    ['019c1000-0000-7000-8000-000000000000'] AS load_ids,
    quantile_levels AS adapted_levels,
    0 AS interval_outcomes,
    NULL AS coverage_80,
    false AS shadow,
    as_of AS written_at
FROM
(
    SELECT symbol, session AS origin, close, toUInt32(1 + intDiv(dateDiff('week', toDate32('2020-01-03'), session), 4)) AS version
    FROM staging.stg_bars
    WHERE load_id = '019c1000-0000-7000-8000-000000000000'
        AND toDayOfWeek(session) = 5 AND session > toDate32('2026-01-30') - 7 * {weeks:UInt32}
);

-- Backtests: each model at each Friday; a new training of all models every 52 weeks.
INSERT INTO forecasts.backtests
SELECT
    concat('run-', toString(model_number), '-', toString(training)) AS run_id,
    ['random_walk', 'drift', 'historical_mean', 'ets', 'theta', 'ridge', 'elastic_net', 'random_forest', 'gradient_boosting'][model_number + 1] AS model,
    model AS model_kind,
    intDiv(dateDiff('week', toDate32('2016-01-01'), origin), 13) % 1000 AS fold,
    symbol,
    origin,
    5 AS horizon,
    if(model_number = 0, 0, (cityHash64(symbol, origin, model_number) % 1000 - 499.5) / 500 * 0.01 + 0.05 * target) AS point,
    [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95] AS quantile_levels,
    arrayMap(z -> point + z * 0.038, [-1.645, -1.2816, -0.6745, 0., 0.6745, 1.2816, 1.645]) AS quantile_values,
    target,
    toDateTime64('2026-01-30 23:30:00', 6, 'UTC') - toIntervalWeek(52 * training) AS written_at
FROM
(
    SELECT symbol, origin, log(later / now) AS target, number AS model_number, training
    FROM
    (
        SELECT symbol, session AS origin, close AS now,
            leadInFrame(toNullable(close), 5) OVER (PARTITION BY symbol ORDER BY session ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS later_or_null,
            assumeNotNull(later_or_null) AS later
        FROM staging.stg_bars
        WHERE load_id = '019c1000-0000-7000-8000-000000000000' AND session > toDate32('2026-01-30') - 7 * ({weeks:UInt32} + 2)
    ) AS origins
    CROSS JOIN numbers({models:UInt32}) AS models
    ARRAY JOIN range(2) AS training
    WHERE later_or_null IS NOT NULL AND toDayOfWeek(origin) = 5
);

-- Decisions, drift, steps and builds of two years.
INSERT INTO ops.promotions
SELECT toDateTime64('2024-02-02 23:40:00', 6, 'UTC') + toIntervalWeek(number), 'weekahead-weekly', number + 1, 'ridge',
    concat('run-', toString((number + 1) % {models:UInt32}), '-', toString(number + 1)), number, number % 4 = 0, 'mae', 0.031, 0.032, 0.01, 'made up'
FROM numbers(104);
INSERT INTO ops.feature_stats
SELECT 'weekly_core', 'made-up', concat('feature_', toString(feature)), toDateTime64('2024-02-02 23:40:00', 6, 'UTC') + toIntervalWeek(number), 1,
    toDate32('2025-01-01'), toDate32('2025-03-31'), 1000, 0, 0, 1, -3, -2, -1, 0, 1, 2, 3, toDate32('2016-01-01'), toDate32('2024-12-31'), 100000, 0, 0, 1,
    cityHash64(number, feature) % 1000 / 3000, toDateTime64('2024-02-02 23:40:00', 6, 'UTC') + toIntervalWeek(number)
FROM numbers(104) ARRAY JOIN range(193) AS feature;
INSERT INTO ops.pipeline_runs
SELECT concat('weekly ', toString(number)), step, toDateTime64('2024-02-02 23:00:00', 6, 'UTC') + toIntervalWeek(number), 'succeeded', 'made up',
    toDateTime64('2024-02-02 23:00:00', 6, 'UTC') + toIntervalWeek(number) + toIntervalMinute(indexOf(['ingest', 'marts', 'features', 'train', 'forecast'], step)),
    toDateTime64('2024-02-02 23:00:30', 6, 'UTC') + toIntervalWeek(number) + toIntervalMinute(indexOf(['ingest', 'marts', 'features', 'train', 'forecast'], step))
FROM numbers(104) ARRAY JOIN ['ingest', 'marts', 'features', 'train', 'forecast'] AS step;
INSERT INTO ops.dbt_results
SELECT concat('build-', toString(number)), toDateTime64('2026-01-30 23:10:00', 6, 'UTC') - toIntervalDay(number), true, concat('node.', toString(node)),
    if(node < 35, 'model', 'test'), concat('node_', toString(node)), if(node < 35, 'success', 'pass'), 0.1, if(node < 35, NULL, 0), '',
    toDateTime64('2026-01-30 23:10:05', 6, 'UTC') - toIntervalDay(number)
FROM numbers(720) ARRAY JOIN range(80) AS node;

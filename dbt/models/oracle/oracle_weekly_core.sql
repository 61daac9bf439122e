-- The feature view weekly_core, version 3669cbec59cb4a53, computed in the warehouse: see docs/SCALING.md.
-- Generated, do not edit: weekahead features sql weekly_core > dbt/models/oracle/oracle_weekly_core.sql
{{ config(
    alias='weekly_core',
    materialized='table',
    engine=engine(),
    order_by=['symbol', 'session'],
) }}

WITH
raw_bars AS (
    SELECT symbol, session, open, high, low, close, volume, dividend, split, knowledge_time
    FROM {{ bars_known() }}
),
/* The step of the price factor from the session before; where there is none, a new chain starts. */
actions AS (
    SELECT
        *,
        max(knowledge_time) OVER reach AS _known,
        lagInFrame(close, 1, nan) OVER history AS _previous_close,
        multiIf(
            dividend = 0, split,
            _previous_close > dividend, split * _previous_close / (_previous_close - dividend),
            0.0
        ) AS _price_step,
        isFinite(_price_step) AND _price_step > 0 AND isFinite(split) AND split > 0 AS _is_chainable,
        NOT _is_chainable OR row_number() OVER history = 1 AS _starts_chain
    FROM raw_bars
    WINDOW
        history AS (PARTITION BY symbol ORDER BY session ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
        reach AS (PARTITION BY symbol ORDER BY session ROWS BETWEEN 250 PRECEDING AND CURRENT ROW)
),
chains AS (
    SELECT
        *,
        sum(_starts_chain) OVER history AS _chain
    FROM actions
    WINDOW
        history AS (PARTITION BY symbol ORDER BY session ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
),
adjusted AS (
    SELECT
        *,
        toFloat64(row_number() OVER history) AS _row,
        groupArrayIf(_price_step, NOT _starts_chain AND _price_step != 1) OVER history AS _price_steps,
        groupArrayIf(split, NOT _starts_chain AND split != 1) OVER history AS _splits,
        /* Of no steps at all, arrayProduct would be 0. */
        arrayProduct(arrayPushFront(_price_steps, 1.0)) AS _price_factor,
        arrayProduct(arrayPushFront(_splits, 1.0)) AS _split_factor
    FROM chains
    WINDOW
        history AS (PARTITION BY symbol, _chain ORDER BY session ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
),
level_0 AS (
    SELECT
        *,
        ifNotFinite(close * _price_factor, nan) AS _close,
        ifNotFinite(high * _price_factor, nan) AS _high,
        ifNotFinite(low * _price_factor, nan) AS _low,
        ifNotFinite(_high - _low, nan) AS _s69 /* high - low */,
        if(isNaN(_high) OR isNaN(_low), nan, toFloat64(_high > _low)) AS _s71 /* high > low */,
        ifNotFinite(open * _price_factor, nan) AS _open,
        ifNotFinite(volume / _split_factor, nan) AS _volume,
        toFloat64(toDayOfWeek(session)) AS _day_of_week,
        toFloat64(toMonth(session)) AS _month,
        toFloat64(toDayOfMonth(addDays(addMonths(addDays(session, 1 - toDayOfMonth(session)), 1), -1)) - toDayOfMonth(session)) AS _days_to_month_end
    FROM adjusted
),
level_1 AS (
    SELECT
        *,
        lagInFrame(_close, 1, nan) OVER history AS _s1 /* Ref(close, 1) */,
        ifNotFinite(log(_close / _s1), nan) AS _s3 /* Log(close / Ref(close, 1)) */,
        lagInFrame(_close, 2, nan) OVER history AS _s4 /* Ref(close, 2) */,
        lagInFrame(_close, 5, nan) OVER history AS _s7 /* Ref(close, 5) */,
        lagInFrame(_close, 10, nan) OVER history AS _s10 /* Ref(close, 10) */,
        lagInFrame(_close, 20, nan) OVER history AS _s13 /* Ref(close, 20) */,
        lagInFrame(_close, 60, nan) OVER history AS _s16 /* Ref(close, 60) */,
        lagInFrame(_close, 120, nan) OVER history AS _s19 /* Ref(close, 120) */,
        _row - max(if(isNaN(_close), _row, 0)) OVER history AS _run0,
        if(_run0 >= 5, ifNotFinite(avg(_close) OVER w5, nan), nan) AS _s27 /* Mean(close, 5) */,
        if(_run0 >= 10, ifNotFinite(avg(_close) OVER w10, nan), nan) AS _s29 /* Mean(close, 10) */,
        if(_run0 >= 20, ifNotFinite(avg(_close) OVER w20, nan), nan) AS _s31 /* Mean(close, 20) */,
        if(_run0 >= 60, ifNotFinite(avg(_close) OVER w60, nan), nan) AS _s33 /* Mean(close, 60) */,
        _row - max(if(isNaN(_high), _row, 0)) OVER history AS _run35,
        if(_run35 >= 20, ifNotFinite(max(_high) OVER w20, nan), nan) AS _s36 /* Max(high, 20) */,
        if(_run35 >= 60, ifNotFinite(max(_high) OVER w60, nan), nan) AS _s38 /* Max(high, 60) */,
        if(_run35 >= 250, ifNotFinite(max(_high) OVER w250, nan), nan) AS _s40 /* Max(high, 250) */,
        _row - max(if(isNaN(_low), _row, 0)) OVER history AS _run42,
        if(_run42 >= 20, ifNotFinite(min(_low) OVER w20, nan), nan) AS _s43 /* Min(low, 20) */,
        if(_run42 >= 60, ifNotFinite(min(_low) OVER w60, nan), nan) AS _s45 /* Min(low, 60) */,
        if(_run42 >= 250, ifNotFinite(min(_low) OVER w250, nan), nan) AS _s47 /* Min(low, 250) */,
        ifNotFinite(_close - lagInFrame(_close, 1, nan) OVER history, nan) AS _s50 /* Delta(close, 1) */,
        if(_s50 > 0.0 OR isNaN(_s50), _s50, 0.0) AS _s52 /* Greater(Delta(close, 1), 0) */,
        abs(_s50) AS _s55 /* Abs(Delta(close, 1)) */,
        groupArray(_close) OVER w83 AS _values0_83,
        if(_run0 >= 83, ifNotFinite(arrayDotProduct(arrayReverse(arrayResize(_values0_83, 83, 0.0)), arrayMap(age -> pow(0.8461538461538461, age), range(83))) / arraySum(arrayMap(age -> pow(0.8461538461538461, age), range(83))), nan), nan) AS _s58 /* EMA(close, 12) */,
        groupArray(_close) OVER w180 AS _values0_180,
        if(_run0 >= 180, ifNotFinite(arrayDotProduct(arrayReverse(arrayResize(_values0_180, 180, 0.0)), arrayMap(age -> pow(0.9259259259259259, age), range(180))) / arraySum(arrayMap(age -> pow(0.9259259259259259, age), range(180))), nan), nan) AS _s59 /* EMA(close, 26) */,
        ifNotFinite(_s58 - _s59, nan) AS _s60 /* EMA(close, 12) - EMA(close, 26) */,
        ifNotFinite(if(_high > _s1 OR isNaN(_high), _high, _s1) - if(_low < _s1 OR isNaN(_low), _low, _s1), nan) AS _s66 /* Greater(high, Ref(close, 1)) - Less(low, Ref(close, 1)) */,
        _row - max(if(isNaN(_volume), _row, 0)) OVER history AS _run79,
        if(_run79 >= 5, ifNotFinite(avg(_volume) OVER w5, nan), nan) AS _s80 /* Mean(volume, 5) */,
        if(_run79 >= 20, ifNotFinite(avg(_volume) OVER w20, nan), nan) AS _s81 /* Mean(volume, 20) */,
        if(_run79 >= 20, ifNotFinite(stddevSampStable(_volume) OVER w20, nan), nan) AS _s85 /* Std(volume, 20) */
    FROM level_0
    WINDOW
        history AS (PARTITION BY symbol, _chain ORDER BY session ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
        w5 AS (PARTITION BY symbol, _chain ORDER BY session ROWS BETWEEN 4 PRECEDING AND CURRENT ROW),
        w10 AS (PARTITION BY symbol, _chain ORDER BY session ROWS BETWEEN 9 PRECEDING AND CURRENT ROW),
        w20 AS (PARTITION BY symbol, _chain ORDER BY session ROWS BETWEEN 19 PRECEDING AND CURRENT ROW),
        w60 AS (PARTITION BY symbol, _chain ORDER BY session ROWS BETWEEN 59 PRECEDING AND CURRENT ROW),
        w83 AS (PARTITION BY symbol, _chain ORDER BY session ROWS BETWEEN 82 PRECEDING AND CURRENT ROW),
        w180 AS (PARTITION BY symbol, _chain ORDER BY session ROWS BETWEEN 179 PRECEDING AND CURRENT ROW),
        w250 AS (PARTITION BY symbol, _chain ORDER BY session ROWS BETWEEN 249 PRECEDING AND CURRENT ROW)
),
level_2 AS (
    SELECT
        *,
        _row - max(if(isNaN(_s3), _row, 0)) OVER history AS _run3,
        if(_run3 >= 60, ifNotFinite(avg(_s3) OVER w60, nan), nan) AS _s22 /* Mean(Log(close / Ref(close, 1)), 60) */,
        if(_run3 >= 250, ifNotFinite(avg(_s3) OVER w250, nan), nan) AS _s23 /* Mean(Log(close / Ref(close, 1)), 250) */,
        if(_run3 >= 5, ifNotFinite(stddevSampStable(_s3) OVER w5, nan), nan) AS _s24 /* Std(Log(close / Ref(close, 1)), 5) */,
        if(_run3 >= 20, ifNotFinite(stddevSampStable(_s3) OVER w20, nan), nan) AS _s25 /* Std(Log(close / Ref(close, 1)), 20) */,
        if(_run3 >= 60, ifNotFinite(stddevSampStable(_s3) OVER w60, nan), nan) AS _s26 /* Std(Log(close / Ref(close, 1)), 60) */,
        _row - max(if(isNaN(_s52), _row, 0)) OVER history AS _run52,
        if(_run52 >= 14, ifNotFinite(avg(_s52) OVER w14, nan), nan) AS _s53 /* Mean(Greater(Delta(close, 1), 0), 14) */,
        _row - max(if(isNaN(_s55), _row, 0)) OVER history AS _run55,
        if(_run55 >= 14, ifNotFinite(avg(_s55) OVER w14, nan), nan) AS _s56 /* Mean(Abs(Delta(close, 1)), 14) */,
        groupArray(_s60) OVER w62 AS _values60_62,
        _row - max(if(isNaN(_s60), _row, 0)) OVER history AS _run60,
        if(_run60 >= 62, ifNotFinite(arrayDotProduct(arrayReverse(arrayResize(_values60_62, 62, 0.0)), arrayMap(age -> pow(0.8, age), range(62))) / arraySum(arrayMap(age -> pow(0.8, age), range(62))), nan), nan) AS _s62 /* EMA(EMA(close, 12) - EMA(close, 26), 9) */,
        _row - max(if(isNaN(_s66), _row, 0)) OVER history AS _run66,
        if(_run66 >= 14, ifNotFinite(avg(_s66) OVER w14, nan), nan) AS _s67 /* Mean(Greater(high, Ref(close, 1)) - Less(low, Ref(close, 1)), 14) */
    FROM level_1
    WINDOW
        history AS (PARTITION BY symbol, _chain ORDER BY session ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
        w5 AS (PARTITION BY symbol, _chain ORDER BY session ROWS BETWEEN 4 PRECEDING AND CURRENT ROW),
        w14 AS (PARTITION BY symbol, _chain ORDER BY session ROWS BETWEEN 13 PRECEDING AND CURRENT ROW),
        w20 AS (PARTITION BY symbol, _chain ORDER BY session ROWS BETWEEN 19 PRECEDING AND CURRENT ROW),
        w60 AS (PARTITION BY symbol, _chain ORDER BY session ROWS BETWEEN 59 PRECEDING AND CURRENT ROW),
        w62 AS (PARTITION BY symbol, _chain ORDER BY session ROWS BETWEEN 61 PRECEDING AND CURRENT ROW),
        w250 AS (PARTITION BY symbol, _chain ORDER BY session ROWS BETWEEN 249 PRECEDING AND CURRENT ROW)
)
SELECT
    symbol,
    session,
    _known AS knowledge_time,
    toFloat32(_s3) AS ret_1,
    toFloat32(ifNotFinite(log(_close / _s4), nan)) AS ret_2,
    toFloat32(ifNotFinite(log(_close / _s7), nan)) AS ret_5,
    toFloat32(ifNotFinite(log(_close / _s10), nan)) AS ret_10,
    toFloat32(ifNotFinite(log(_close / _s13), nan)) AS ret_20,
    toFloat32(ifNotFinite(log(_close / _s16), nan)) AS ret_60,
    toFloat32(ifNotFinite(log(_close / _s19), nan)) AS ret_120,
    toFloat32(_s22) AS ret_mean_60,
    toFloat32(_s23) AS ret_mean_250,
    toFloat32(_s24) AS vol_5,
    toFloat32(_s25) AS vol_20,
    toFloat32(_s26) AS vol_60,
    toFloat32(ifNotFinite(_s27 / _close, nan)) AS ma_5,
    toFloat32(ifNotFinite(_s29 / _close, nan)) AS ma_10,
    toFloat32(ifNotFinite(_s31 / _close, nan)) AS ma_20,
    toFloat32(ifNotFinite(_s33 / _close, nan)) AS ma_60,
    toFloat32(ifNotFinite(_s36 / _close, nan)) AS max_20,
    toFloat32(ifNotFinite(_s38 / _close, nan)) AS max_60,
    toFloat32(ifNotFinite(_s40 / _close, nan)) AS max_250,
    toFloat32(ifNotFinite(_s43 / _close, nan)) AS min_20,
    toFloat32(ifNotFinite(_s45 / _close, nan)) AS min_60,
    toFloat32(ifNotFinite(_s47 / _close, nan)) AS min_250,
    toFloat32(ifNotFinite(100.0 * _s53 / _s56, nan)) AS rsi_14,
    toFloat32(ifNotFinite(_s60 / _close, nan)) AS macd,
    toFloat32(ifNotFinite(_s62 / _close, nan)) AS macd_signal,
    toFloat32(ifNotFinite(_s67 / _close, nan)) AS atr_14,
    toFloat32(ifNotFinite(_s69 / _close, nan)) AS range_1,
    toFloat32(multiIf(isNaN(_s71), nan, _s71 != 0, ifNotFinite((_close - _low) / _s69, nan), 0.5)) AS range_position,
    toFloat32(ifNotFinite(log(_open / _s1), nan)) AS gap,
    toFloat32(ifNotFinite(_s80 / _s81, nan)) AS volume_ratio_5,
    toFloat32(ifNotFinite(_volume / _s81, nan)) AS volume_ratio_20,
    toFloat32(ifNotFinite((_volume - _s81) / _s85, nan)) AS volume_z_20,
    toFloat32(_day_of_week) AS day_of_week,
    toFloat32(_month) AS month,
    toFloat32(_days_to_month_end) AS days_to_month_end
FROM level_2

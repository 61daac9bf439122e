-- The whole pipeline at a glance, in one row: freshness, loads, tests, drift and forecasts.
-- A view of views, so that it never disagrees with the tables beside it.
{{ config(materialized='view') }}

with symbols as (
    select
        if(count() = 0, null, max(newest_session)) as newest_session,
        count() as symbols,
        countIf(status = 'fresh') as symbols_fresh,
        countIf(status = 'late') as symbols_late,
        countIf(status = 'stale') as symbols_stale
    from {{ ref('freshness') }}
),

loads as (
    select
        count() as loads,
        -- The newest load, whole: its columns are of one row.
        argMax(tuple(ingested_at, status, loads.rows_accepted, rejected_share), (ingested_at, load_id)) as newest,
        sum(loads.rows_accepted) as rows_accepted,
        sum(loads.rows_rejected) as rows_rejected
    from {{ ref('pipeline_loads') }} as loads
),

tests as (
    select
        countIf(status = 'pass') as tests_passed,
        countIf(status in ('fail', 'error')) as tests_failed
    from {{ ref('dbt_results') }}
    where is_latest and kind = 'test'
),

features as (
    select
        count() as features_watched,
        countIf(status = 'drifted') as features_drifted
    from {{ ref('feature_drift') }}
    where is_latest
),

written as (
    select
        if(count() = 0, null, max(origin)) as newest_forecast_origin,
        count() as forecasts_written
    from {{ source('forecasts', 'forecasts') }} final
    where not shadow
),

scored as (
    select count() as forecasts_scored
    from {{ ref('forecast_accuracy') }}
    where not shadow
)

select
    newest_session,
    symbols,
    symbols_fresh,
    symbols_late,
    symbols_stale,
    symbols_fresh / nullIf(symbols, 0) as fresh_share,
    loads,
    if(loads = 0, null, newest.1) as last_load_at,
    if(loads = 0, null, newest.2) as last_load_status,
    if(loads = 0, null, newest.3) as last_load_rows_accepted,
    if(loads = 0, null, newest.4) as last_load_rejected_share,
    rows_accepted,
    rows_rejected,
    tests_passed,
    tests_failed,
    features_watched,
    features_drifted,
    newest_forecast_origin,
    forecasts_written,
    forecasts_scored
from symbols
cross join loads
cross join tests
cross join features
cross join written
cross join scored

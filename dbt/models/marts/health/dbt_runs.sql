-- What each dbt run did: one row an invocation.
-- A view: a run is here as soon as it ends.
{{ config(materialized='view') }}

with runs as (
    select
        invocation_id,
        any(results.invoked_at) as invoked_at,
        max(results.finished_at) as finished_at,
        countIf(kind = 'model' and status = 'success') as models_built,
        countIf(kind = 'model' and status in ('error', 'partial success')) as models_failed,
        countIf(kind = 'model' and status = 'skipped') as models_skipped,
        countIf(kind = 'test' and status = 'pass') as tests_passed,
        countIf(kind = 'test' and status = 'warn') as tests_warned,
        -- A test that could not be asked has not been passed.
        countIf(kind = 'test' and status in ('fail', 'error')) as tests_failed,
        countIf(kind = 'test' and status = 'skipped') as tests_skipped
    from {{ source('ops', 'dbt_results') }} as results final
    group by invocation_id
)

select
    invocation_id,
    invoked_at,
    finished_at,
    dateDiff('microsecond', invoked_at, finished_at) / 1e6 as seconds,
    models_built,
    models_failed,
    models_skipped,
    tests_passed,
    tests_warned,
    tests_failed,
    tests_skipped,
    row_number() over (order by invoked_at desc, invocation_id desc) = 1 as is_latest
from runs

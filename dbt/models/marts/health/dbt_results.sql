-- How each model and test of each dbt run ended (macros/record_results.sql).
{{ config(materialized='view') }}

with recorded as (
    select
        *,
        row_number() over (partition by unique_id order by invoked_at desc, invocation_id desc) as place,
        -- What models and tests that are gone said before everything was last built is history.
        maxIf(invoked_at, whole) over () as last_whole_at
    from {{ source('ops', 'dbt_results') }} final
)

select
    invocation_id,
    invoked_at,
    unique_id,
    kind,
    name,
    status,
    seconds,
    failures,
    message,
    finished_at,
    place = 1 and invoked_at >= last_whole_at as is_latest
from recorded

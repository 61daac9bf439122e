-- What each step of each pipeline run did, and how long it took.
-- A view: a step is here as soon as it starts.
{{ config(materialized='view') }}

select
    pipeline_run_id,
    step,
    as_of,
    status,
    detail,
    started_at,
    finished_at,
    min(started_at) over (partition by pipeline_run_id) as run_started_at,
    -- Of a step that runs, finished_at is when it was last heard of.
    if(status = 'running', null, dateDiff('microsecond', started_at, finished_at) / 1e6) as seconds
from {{ source('ops', 'pipeline_runs') }} final

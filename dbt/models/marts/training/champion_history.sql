-- Who was champion from when until when.
{{ config(materialized='view') }}

with made as (
    select
        decided_at,
        model_name,
        model_version,
        model_kind,
        run_id,
        leadInFrame(toNullable(decided_at)) over (
            partition by model_name order by decided_at, model_version, run_id
            rows between unbounded preceding and unbounded following
        ) as champion_until
    from {{ ref('promotions') }}
    where promoted
),

-- The platform's own clock: a simulated or replayed one does not stand at the present.
platform as (
    select max(ingested_at) as stands_at
    from {{ ref('stg_loads') }}
)

select
    made.model_name as model_name,
    made.decided_at as decided_at,
    made.model_version as model_version,
    -- A version that was never backtested has no other name than its kind.
    if(runs.model = '', toString(made.model_kind), runs.model) as model,
    made.model_kind as model_kind,
    made.run_id as run_id,
    made.decided_at as champion_from,
    made.champion_until as champion_until,
    coalesce(made.champion_until, greatest(platform.stands_at, made.decided_at)) as champion_until_or_now,
    dateDiff('second', champion_from, champion_until_or_now) / 86400 as days
from made
cross join platform
left join ({{ models_of_runs() }}) as runs on runs.run_id = made.run_id

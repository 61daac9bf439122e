-- How good each model's forecasts were over all.
{{ config(
    materialized='table',
    engine=engine(),
    order_by=['source', 'model'],
) }}

with scored as (
    select
        source,
        model,
        min(week) as first_week,
        max(week) as last_week,
        {{ accuracy_figures() }},
        avg(in_interval_90) as coverage_90,
        1e4 * avg(pinball) as pinball_bps,
        max(scores.is_random_walk) as is_random_walk
    from {{ ref('forecast_scores') }} as scores
    group by source, model
),

ranked as (
    select
        source,
        model,
        avg(rank_ic) as mean_rank_ic
    from {{ ref('accuracy_weekly') }}
    group by source, model
)

select
    scored.*,
    ranked.mean_rank_ic as mean_rank_ic,
    -- The model that is champion now, and what was answered live, whichever was champion then.
    (scored.source = 'live' and startsWith(scored.model, 'champion'))
        or scored.model in (select model from {{ ref('champion_history') }} where champion_until is null) as is_champion,
    {{ model_role('is_champion', 'scored.is_random_walk') }} as role
from scored
inner join ranked on ranked.source = scored.source and ranked.model = scored.model

-- How good the forecasts of each week were, and those of the 13 weeks up to it.
{{ config(
    materialized='table',
    engine=engine(),
    order_by=['source', 'model', 'week'],
) }}

-- Ranks are compared within an origin: those of two days are not about the same outcomes.
with by_origin as (
    select
        source,
        model,
        week,
        origin,
        count() as forecasts,
        sum(abs_error) as errors,
        sum(random_walk_abs_error) as random_walk_errors,
        sum(direction_hit) as hits,
        count(direction_hit) as moves,
        sum(in_interval_80) as inside_80,
        count(in_interval_80) as intervals_80,
        sum(in_interval_90) as inside_90,
        count(in_interval_90) as intervals_90,
        sum(pinball) as pinballs,
        count(pinball) as distributions,
        {{ rank_correlation('point', 'realised') }} as rank_correlation
    from {{ ref('forecast_scores') }}
    group by source, model, week, origin
),

by_week as (
    select
        source,
        model,
        week,
        -- Weeks by number: a window is 13 weeks wide even where some have no forecasts.
        intDiv(toInt32(week), 7) as week_number,
        {% for column in ('forecasts', 'errors', 'random_walk_errors', 'hits', 'moves', 'inside_80', 'intervals_80',
            'inside_90', 'intervals_90', 'pinballs', 'distributions') -%}
        sum(by_origin.{{ column }}) as {{ column }},
        {% endfor -%}
        avg(rank_correlation) as rank_ic
    from by_origin
    group by source, model, week
)

select
    source,
    model,
    week,
    forecasts as n,
    1e4 * errors / forecasts as mae_bps,
    1e4 * random_walk_errors / forecasts as random_walk_mae_bps,
    errors / nullIf(random_walk_errors, 0) as mase,
    sum(errors) over last_13 / nullIf(sum(random_walk_errors) over last_13, 0) as mase_13w,
    sum(random_walk_mae_bps - mae_bps) over to_date as cumulative_gain_bps,
    hits / nullIf(moves, 0) as hit_rate,
    sum(hits) over last_13 / nullIf(sum(moves) over last_13, 0) as hit_rate_13w,
    inside_80 / nullIf(intervals_80, 0) as coverage_80,
    sum(inside_80) over last_13 / nullIf(sum(intervals_80) over last_13, 0) as coverage_80_13w,
    sum(inside_90) over last_13 / nullIf(sum(intervals_90) over last_13, 0) as coverage_90_13w,
    rank_ic,
    sum(rank_ic) over to_date as cumulative_rank_ic,
    1e4 * pinballs / nullIf(distributions, 0) as pinball_bps
from by_week
window
    to_date as (partition by source, model order by week_number rows between unbounded preceding and current row),
    last_13 as (partition by source, model order by week_number range between 12 preceding and current row)

-- The week ahead as the champion sees it: one row a symbol, of the newest forecast about days that are still to come.
-- A view: a forecast is here as soon as it is written.
{{ config(materialized='view') }}

with
{{ exchange_sessions() }} as sessions,

to_come as (
    {{ origins_to_come('sessions') }}
),

-- A symbol that was not asked for at the newest origin is there with an older one.
written as (
    select
        *,
        row_number() over (
            partition by model_name, symbol order by origin desc, written_at desc, model_version desc, horizon desc
        ) as place
    from {{ source('forecasts', 'forecasts') }} final
    where not shadow
        and (model_name, origin, horizon) {{ in_subquery() }} (select model_name, origin, horizon from to_come)
),

priced as (
    select
        *,
        origin_close * exp(point) as point_price,
        arrayMap(
            q -> origin_close * exp({{ quantile_at('quantile_levels', 'quantile_values', 'q') }}),
            [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]
        ) as prices
    from written
    where place = 1
)

select
    priced.model_name as model_name,
    priced.symbol as symbol,
    if(runs.model = '', toString(priced.model_name), runs.model) as model,
    priced.model_version as model_version,
    priced.horizon as horizon,
    priced.origin as origin,
    {{ session_ahead('sessions', 'priced.origin', 'priced.horizon') }} as week_ahead_date,
    priced.origin_close as origin_close,
    priced.point_price as point_price,
    exp(priced.point) - 1 as expected_move,
    prices[4] as median_price,
    prices[3] as lower_50_price,
    prices[5] as upper_50_price,
    prices[2] as lower_80_price,
    prices[6] as upper_80_price,
    prices[1] as lower_90_price,
    prices[7] as upper_90_price,
    lower_80_price / origin_close - 1 as lower_80_move,
    upper_80_price / origin_close - 1 as upper_80_move,
    upper_80_move - lower_80_move as width_80,
    row_number() over (partition by priced.model_name order by abs(expected_move) desc, priced.symbol) as move_rank,
    priced.run_id as run_id,
    priced.written_at as written_at
from priced
left join ({{ models_of_runs() }}) as runs on runs.run_id = priced.run_id

-- How each forecast did: the latest backtest of each model, and the live ones that have come to pass.
--
-- What the other marts of accuracy are sums of. A live forecast belongs to the model whose run made it, one of a shadow to
-- that model's shadow; and all that were answered, whoever made them, are once more those of `champion`.
{{ config(
    materialized='table',
    engine=engine(),
    order_by=['source', 'model', 'origin', 'symbol'],
) }}

with runs as (
    select run_id, model, model_kind, is_latest
    from {{ ref('training_runs') }}
),

backtested as (
    select
        run_id,
        symbol,
        origin,
        horizon,
        point,
        target as realised,
        {{ quantile_at('quantile_levels', 'quantile_values', 0.05) }} as lower_90,
        {{ quantile_at('quantile_levels', 'quantile_values', 0.1) }} as lower_80,
        {{ quantile_at('quantile_levels', 'quantile_values', 0.9) }} as upper_80,
        {{ quantile_at('quantile_levels', 'quantile_values', 0.95) }} as upper_90,
        {{ pinball('quantile_levels', 'quantile_values', 'target') }} as pinball,
        quantile_levels,
        quantile_values
    from {{ source('forecasts', 'backtests') }} final
    where run_id {{ in_subquery() }} (select run_id from runs where is_latest) and isFinite(point) and isFinite(target)
),

written as (
    select forecast_id, quantile_levels, quantile_values
    from {{ source('forecasts', 'forecasts') }} final
),

live as (
    select
        accuracy.*,
        if(runs.model = '', {{ model_label('accuracy.model_name', 'accuracy.horizon') }}, runs.model) as made_by,
        runs.model_kind as model_kind,
        written.quantile_levels as quantile_levels,
        written.quantile_values as quantile_values
    from {{ ref('forecast_accuracy') }} as accuracy
    left join written on written.forecast_id = accuracy.forecast_id
    left join runs on runs.run_id = accuracy.run_id
),

forecasts as (
    select
        'backtest' as source,
        runs.model as model,
        runs.model_kind = 'random_walk' as is_random_walk,
        symbol,
        origin,
        horizon,
        point,
        realised,
        lower_90,
        lower_80,
        upper_80,
        upper_90,
        pinball,
        quantile_levels,
        quantile_values
    from backtested
    inner join runs on runs.run_id = backtested.run_id

    union all

    select
        'live' as source,
        arrayJoin(if(shadow, [concat(made_by, ' (shadow)')], [made_by, {{ model_label("'champion'", 'horizon') }}])) as model,
        model_kind = 'random_walk' and not startsWith(model, 'champion') as is_random_walk,
        symbol,
        origin,
        horizon,
        point,
        realised,
        lower_90,
        lower_80,
        upper_80,
        upper_90,
        pinball,
        quantile_levels,
        quantile_values
    from live
)

select
    toLowCardinality(source) as source,
    toLowCardinality(model) as model,
    is_random_walk,
    symbol,
    origin,
    toMonday(origin) as week,
    horizon,
    point,
    realised,
    realised - point as error,
    abs(error) as abs_error,
    abs(realised) as random_walk_abs_error,
    {{ direction_hit('point', 'realised') }} as direction_hit,
    toUInt8(realised between lower_80 and upper_80) as in_interval_80,
    toUInt8(realised between lower_90 and upper_90) as in_interval_90,
    upper_80 - lower_80 as width_80,
    pinball,
    quantile_levels,
    -- Whether what came is at or below the quantile of each level.
    arrayMap(value -> toUInt8(realised <= value), quantile_values) as at_or_below
from forecasts

-- How each realised forecast did, beside the random walk (which says: no change).
-- A table: outcomes come with bars, so they change when this build runs and not between builds.
{{ config(
    materialized='table',
    engine=engine(),
    order_by=['model_name', 'symbol', 'origin', 'horizon'],
) }}

with realised as (
    select
        *,
        assumeNotNull(realised_return) as realised,
        assumeNotNull(target_session) as target
    from {{ ref('forecasts') }}
    where realised_return is not null and isFinite(realised_return) and isFinite(point_return)
)

select
    forecast_id,
    symbol,
    model_name,
    model_version,
    run_id,
    shadow,
    origin,
    toMonday(origin) as week,
    horizon,
    target as target_session,
    point_return as point,
    realised,
    realised - point_return as error,
    abs(error) as abs_error,
    error * error as squared_error,
    realised as random_walk_error,
    abs(realised) as random_walk_abs_error,
    realised * realised as random_walk_squared_error,
    lower_80_return as lower_80,
    upper_80_return as upper_80,
    {{ quantile_at('quantile_levels', 'quantile_values', 0.05) }} as lower_90,
    {{ quantile_at('quantile_levels', 'quantile_values', 0.95) }} as upper_90,
    if(lower_80 is null or upper_80 is null, null, toUInt8(realised between lower_80 and upper_80)) as in_interval_80,
    if(lower_90 is null or upper_90 is null, null, toUInt8(realised between lower_90 and upper_90)) as in_interval_90,
    {{ direction_hit('point_return', 'realised') }} as direction_hit,
    {{ pinball('quantile_levels', 'quantile_values', 'realised') }} as pinball
from realised

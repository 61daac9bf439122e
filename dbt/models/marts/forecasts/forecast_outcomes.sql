-- What became of the forecasts whose week has passed: of each model, symbol and origin the answer that was given last.
--
-- A table, because telling the last answer takes a sort of all; marts.forecast_history is what to read.
{{ config(
    materialized='table',
    engine=engine(),
    order_by=['model_name', 'symbol', 'origin'],
) }}

with
{{ exchange_sessions() }} as sessions,

answered as (
    select
        *,
        {{ quantile_at('quantile_levels', 'quantile_values', 0.1) }} as lower_80,
        {{ quantile_at('quantile_levels', 'quantile_values', 0.9) }} as upper_80,
        {{ session_ahead('sessions', 'origin', 'horizon') }} as week_ahead_date
    from {{ source('forecasts', 'forecasts') }} final
    where not shadow and week_ahead_date <= sessions[-1]
    order by written_at desc, model_version desc, horizon desc
    limit 1 by model_name, symbol, origin
)

select
    answered.model_name as model_name,
    answered.symbol as symbol,
    answered.origin as origin,
    answered.horizon as horizon,
    answered.model_version as model_version,
    answered.run_id as run_id,
    answered.week_ahead_date as week_ahead_date,
    answered.origin_close as origin_close,
    answered.point as point,
    answered.lower_80 as lower_80,
    answered.upper_80 as upper_80,
    if(accuracy.horizon = 0, null, accuracy.realised) as realised,
    if(accuracy.horizon = 0, null, accuracy.error) as error,
    multiIf(
        accuracy.horizon = 0 or accuracy.in_interval_80 is null, 'unknown',
        accuracy.in_interval_80 = 1, 'inside',
        'outside'
    ) as inside_80
from answered
left join {{ ref('forecast_accuracy') }} as accuracy on accuracy.forecast_id = answered.forecast_id

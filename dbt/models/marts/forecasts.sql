-- Written-back forecasts in price units, with the session they are about once it has come.
-- A view: a forecast is here as soon as it is written.
{{ config(materialized='view') }}

with
{{ exchange_sessions() }} as sessions,

-- Sessions of the exchange, not of the symbol: one that missed a day has the same target session as all others, and no
-- outcome when it missed that one. Training counts the same sessions, but gives a symbol that stopped trading the return
-- to its last close: there ten sessions without a bar tell a delisting from a halt, here a forecast waits for its bar.
written as (
    select
        *,
        {{ quantile_at('quantile_levels', 'quantile_values', 0.1) }} as lower_80_return,
        {{ quantile_at('quantile_levels', 'quantile_values', 0.9) }} as upper_80_return,
        {{ session_place('sessions', 'origin') }} as origin_number,
        if(origin_number = 0 or origin_number + horizon > length(sessions), null, sessions[origin_number + horizon])
            as target
    from {{ source('forecasts', 'forecasts') }} final
),

-- Only the series that were forecast, and only the sessions that they were forecast at and for: the joins below stay as
-- small as the forecasts.
closes as (
    select symbol, session, adj_close
    from {{ ref('prices') }}
    where symbol in (select symbol from {{ source('forecasts', 'forecasts') }})
        and session in (
            select arrayJoin([origin, sessions[{{ session_place('sessions', 'origin') }} + horizon]])
            from (select distinct origin, horizon from {{ source('forecasts', 'forecasts') }})
        )
)

{%- set growth = "nullIf(outcomes.adj_close, 0) / nullIf(origins.adj_close, 0)" %}

select
    written.forecast_id as forecast_id,
    written.symbol as symbol,
    written.origin as origin,
    written.horizon as horizon,
    if({{ growth }} is null, null, written.target) as target_session,
    written.model_name as model_name,
    written.model_version as model_version,
    written.run_id as run_id,
    written.model_digest as model_digest,
    written.view as view,
    written.view_version as view_version,
    written.as_of as as_of,
    written.origin_close as origin_close,
    written.point as point_return,
    written.lower_80_return as lower_80_return,
    written.upper_80_return as upper_80_return,
    written.origin_close * exp(written.point) as point_price,
    written.origin_close * exp(written.lower_80_return) as lower_80_price,
    written.origin_close * exp(written.upper_80_return) as upper_80_price,
    log({{ growth }}) as realised_return,
    -- In the same units as the point: what the origin's price became with dividends and splits put back in.
    written.origin_close * {{ growth }} as realised_price,
    written.quantile_levels as quantile_levels,
    written.quantile_values as quantile_values,
    written.load_ids as load_ids,
    written.adapted_levels as adapted_levels,
    written.interval_outcomes as interval_outcomes,
    written.coverage_80 as coverage_80,
    written.shadow as shadow,
    written.written_at as written_at
from written
left join closes as origins on origins.symbol = written.symbol and origins.session = written.origin
left join closes as outcomes on outcomes.symbol = written.symbol and outcomes.session = written.target

-- Written-back forecasts in price units, with the session they are about once it has come.
-- A view: a forecast is here as soon as it is written.
{{ config(materialized='view') }}

with written as (
    select
        *,
        {{ quantile_at('quantile_levels', 'quantile_values', 0.1) }} as lower_80_return,
        {{ quantile_at('quantile_levels', 'quantile_values', 0.9) }} as upper_80_return
    from {{ source('forecasts', 'forecasts') }} final
),

-- Sessions of the exchange, not of the symbol: one that missed a day has the same target session as all others, and no
-- outcome when it missed that one. Training counts the same sessions, but gives a symbol that stopped trading the return
-- to its last close: there ten sessions without a bar tell a delisting from a halt, here a forecast waits for its bar.
exchange as (
    select session, toUInt32(row_number() over (order by session)) as session_number
    from (select distinct session from {{ ref('prices') }})
),

-- Only the series that were forecast: the joins below stay as small as the forecasts.
sessions as (
    select prices.symbol as symbol, exchange.session as session, exchange.session_number as session_number, prices.adj_close as adj_close
    from {{ ref('prices') }} as prices
    inner join exchange on exchange.session = prices.session
    where prices.symbol in (select symbol from {{ source('forecasts', 'forecasts') }})
),

standing as (
    select
        written.*,
        origins.session_number as origin_number,
        origins.adj_close as origin_adj_close
    from written
    left join sessions as origins on origins.symbol = written.symbol and origins.session = written.origin
)

select
    standing.forecast_id as forecast_id,
    standing.symbol as symbol,
    standing.origin as origin,
    standing.horizon as horizon,
    if(outcomes.session_number = 0, null, outcomes.session) as target_session,
    standing.model_name as model_name,
    standing.model_version as model_version,
    standing.run_id as run_id,
    standing.model_digest as model_digest,
    standing.view as view,
    standing.view_version as view_version,
    standing.as_of as as_of,
    standing.origin_close as origin_close,
    standing.point as point_return,
    standing.lower_80_return as lower_80_return,
    standing.upper_80_return as upper_80_return,
    standing.origin_close * exp(standing.point) as point_price,
    standing.origin_close * exp(standing.lower_80_return) as lower_80_price,
    standing.origin_close * exp(standing.upper_80_return) as upper_80_price,
    if(outcomes.session_number = 0, null, log(outcomes.adj_close / standing.origin_adj_close)) as realised_return,
    -- In the same units as the point: what the origin's price became with dividends and splits put back in.
    if(outcomes.session_number = 0, null, standing.origin_close * outcomes.adj_close / standing.origin_adj_close)
        as realised_price,
    standing.quantile_levels as quantile_levels,
    standing.quantile_values as quantile_values,
    standing.load_ids as load_ids,
    standing.adapted_levels as adapted_levels,
    standing.interval_outcomes as interval_outcomes,
    standing.coverage_80 as coverage_80,
    standing.shadow as shadow,
    standing.written_at as written_at
from standing
left join sessions as outcomes
    on outcomes.symbol = standing.symbol
    and outcomes.session_number = if(standing.origin_number = 0, 0, standing.origin_number + standing.horizon)

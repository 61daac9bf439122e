-- The newest forecast of each symbol as a picture: its last 60 sessions and the week ahead, one row a date.
--
-- Closes are in the units of the origin's: dividends and splits before and after it put back in, so that there is no jump
-- which nobody forecast. Quantiles are of the week's end; before it they are on the straight line from the origin's close,
-- to be drawn and not to be read.
{{ config(materialized='view') }}

with
{{ exchange_sessions() }} as sessions,

latest as (
    select
        *,
        {{ session_place('sessions', 'origin') }} as origin_number
    from {{ ref('forecasts_latest') }}
),

dates as (
    select
        *,
        arrayJoin(range(-least(59, toInt32(origin_number) - 1), toInt32(horizon) + 1)) as step,
        {{ session_ahead('sessions', 'origin', 'step') }} as date
    from latest
),

-- A hundred days hold sixty sessions: what came before is not read.
closes as (
    select symbol, session, adj_close
    from {{ ref('prices') }}
    where session > (select min(origin) from ({{ origins_to_come('sessions') }})) - 100
),

drawn as (
    select
        dates.*,
        nullIf(closes.adj_close, 0) as adj_close,
        max(if(step = 0, adj_close, null)) over (partition by dates.model_name, dates.symbol) as origin_adj_close
    from dates
    left join closes on closes.symbol = dates.symbol and closes.session = dates.date
)

select
    model_name,
    symbol,
    date,
    origin,
    -- NULL where the symbol did not trade, or has not yet.
    origin_close * adj_close / origin_adj_close as close,
    {% for bound, price in (
        ('median', 'median_price'), ('lower_50', 'lower_50_price'), ('upper_50', 'upper_50_price'),
        ('lower_80', 'lower_80_price'), ('upper_80', 'upper_80_price'), ('lower_90', 'lower_90_price'),
        ('upper_90', 'upper_90_price'),
    ) -%}
    if(step < 0, null, origin_close + (drawn.{{ price }} - origin_close) * step / horizon) as {{ bound }}{{ ',' if not loop.last }}
    {% endfor %}
from drawn

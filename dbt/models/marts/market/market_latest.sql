-- Where each symbol stands at its newest session, beside its last 250.
{{ config(
    materialized='table',
    engine=engine(),
    order_by='symbol',
) }}

with newest as (
    select
        symbol,
        max(session_number) as last_number
    from {{ ref('prices') }}
    group by symbol
),

recent as (
    select
        prices.*,
        newest.last_number - prices.session_number as sessions_ago
    from {{ ref('prices') }} as prices
    inner join newest on newest.symbol = prices.symbol
    where prices.session_number + 250 >= newest.last_number
),

-- Of the adjusted close, and NULL where the series is shorter.
standing as (
    select
        symbol,
        max(recent.session) as last_session,
        anyIf(recent.close, sessions_ago = 0) as close,
        anyIf(recent.adj_factor, sessions_ago = 0) as last_factor,
        {% for sessions in (0, 1, 5, 20, 250) -%}
        maxIf(toNullable(recent.adj_close), sessions_ago = {{ sessions }}) as adj_close_{{ sessions }},
        {% endfor -%}
        maxIf(recent.volatility_20, sessions_ago = 0) as last_volatility_20,
        anyIf(recent.volume, sessions_ago = 0) as volume,
        avgIf(recent.volume, sessions_ago < 20) as mean_volume,
        avgIf(recent.close * recent.volume, sessions_ago < 20) as mean_dollar_volume,
        -- In the units of the last close: dividends and splits since then taken out of the prices of then.
        maxIf(recent.high * recent.adj_factor, sessions_ago < 250) / last_factor as high_250,
        minIf(recent.low * recent.adj_factor, sessions_ago < 250) / last_factor as low_250
    from recent
    group by symbol
),

-- Of all its bars: a restatement of an old one is news, too.
known as (
    select
        symbol,
        max(knowledge_time) as last_knowledge_time
    from {{ ref('bars') }}
    group by symbol
)

select
    standing.symbol as symbol,
    standing.last_session as last_session,
    standing.close as close,
    {% for sessions in (1, 5, 20, 250) -%}
    standing.adj_close_0 / standing.adj_close_{{ sessions }} - 1 as return_{{ sessions }},
    {% endfor -%}
    {{ annualised('standing.last_volatility_20') }} as volatility_20_annualised,
    standing.volume as volume,
    standing.volume / nullIf(standing.mean_volume, 0) as volume_vs_20,
    standing.high_250 as high_250,
    standing.low_250 as low_250,
    (standing.close - standing.low_250) / nullIf(standing.high_250 - standing.low_250, 0) as place_in_range_250,
    toUInt32(row_number() over (order by standing.mean_dollar_volume desc, standing.symbol)) as liquidity_rank,
    known.last_knowledge_time as last_knowledge_time
from standing
inner join known on known.symbol = standing.symbol

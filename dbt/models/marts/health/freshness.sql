-- How far each symbol is behind the newest session that any symbol has. Whether loads come at all is marts.pipeline_loads.
{{ config(materialized='view') }}

with exchange as (
    select
        max(session) as newest_session,
        max(session_number) as newest_number
    from {{ ref('market_sessions') }}
),

forecasts as (
    select
        symbol,
        max(origin) as last_origin
    from {{ source('forecasts', 'forecasts') }}
    where not shadow
    group by symbol
)

select
    latest.symbol as symbol,
    latest.last_session as last_session,
    exchange.newest_session as newest_session,
    exchange.newest_number - sessions.session_number as sessions_behind,
    latest.last_knowledge_time as last_knowledge_time,
    if(forecasts.symbol = '', null, forecasts.last_origin) as last_forecast_origin,
    multiIf(sessions_behind = 0, 'fresh', sessions_behind <= 10, 'late', 'stale') as status
from {{ ref('market_latest') }} as latest
cross join exchange
inner join {{ ref('market_sessions') }} as sessions on sessions.session = latest.last_session
left join forecasts on forecasts.symbol = latest.symbol

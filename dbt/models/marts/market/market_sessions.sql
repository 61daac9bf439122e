-- Each session of the exchange over all symbols; what other marts count sessions by.
{{ config(
    materialized='table',
    engine=engine(),
    order_by='session',
) }}

with by_session as (
    select
        session,
        count() as symbols,
        -- 1e-12: a close that fell by exactly its dividend has not moved, whatever the last bit says.
        countIf(log_return > 1e-12) as advancers,
        countIf(log_return < -1e-12) as decliners,
        quantileExactInclusive(0.5)(log_return) as median_return,
        if(count(log_return) < 2, null, stddevSamp(log_return)) as dispersion,
        sum(close * volume) as dollar_volume
    from {{ ref('prices') }}
    group by session
)

select
    session,
    toUInt32(row_number() over (order by session)) as session_number,
    symbols,
    advancers,
    decliners,
    median_return,
    dispersion,
    dollar_volume
from by_session

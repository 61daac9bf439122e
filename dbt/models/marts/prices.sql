-- Adjusted prices and returns per symbol, as known now.
--
-- Chained forward: adj_factor_t = adj_factor_{t-1} * split_t * close_{t-1} / (close_{t-1} - dividend_t), the first is 1,
-- so a price of the past never changes because of what came later, and adj_close_t / adj_close_{t-1} is the total return.
{{ config(
    materialized='table',
    engine=engine(),
    order_by=['symbol', 'session'],
) }}

with numbered as (
    select
        symbol,
        session,
        open,
        high,
        low,
        close,
        volume,
        dividend,
        split,
        source,
        toUInt32(row_number() over by_session) as session_number,
        lagInFrame(toNullable(close)) over by_session as previous_close
    from {{ ref('bars_latest') }}
    window by_session as (
        partition by symbol order by session rows between unbounded preceding and current row
    )
),

stepped as (
    select
        *,
        -- A dividend of the whole price or more is no return; stated neither here nor by the features.
        if(
            previous_close is null or previous_close <= dividend or split <= 0, 0,
            log(split * assumeNotNull(previous_close) / (assumeNotNull(previous_close) - dividend))
        ) as log_step,
        if(previous_close is null, null, log(close / assumeNotNull(previous_close)) + log_step) as log_return
    from numbered
)

select
    symbol,
    session,
    session_number,
    open,
    high,
    low,
    close,
    exp(sum(log_step) over to_date) as adj_factor,
    close * adj_factor as adj_close,
    dividend,
    split,
    volume,
    log_return,
    -- Of daily log returns; NULL until twenty of them are there.
    if(session_number > 20, stddevSamp(log_return) over last_20, null) as volatility_20,
    source
from stepped
window
    to_date as (partition by symbol order by session rows between unbounded preceding and current row),
    last_20 as (partition by symbol order by session rows between 19 preceding and current row)

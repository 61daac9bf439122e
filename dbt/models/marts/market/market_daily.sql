-- Each session of each symbol as charts show it: prices, growth, drawdown and moving averages.
-- A view: every window is a symbol's own, so that a chart of some symbols reads and computes nothing of the others.
{{ config(materialized='view') }}

with quoted as (
    select
        prices.*,
        latest.liquidity_rank as liquidity_rank
    from {{ ref('prices') }} as prices
    inner join (select symbol, liquidity_rank from {{ ref('market_latest') }}) as latest on latest.symbol = prices.symbol
)

select
    symbol,
    session,
    liquidity_rank,
    open,
    high,
    low,
    close,
    adj_close,
    volume,
    close * volume as dollar_volume,
    log_return,
    exp(log_return) - 1 as simple_return,
    adj_close / first_value(adj_close) over to_date - 1 as growth,
    adj_close / max(adj_close) over to_date - 1 as drawdown,
    {{ annualised('volatility_20') }} as volatility_20_annualised,
    -- Of adjusted closes: a split is no move. NULL until as many sessions are there.
    if(session_number < 20, null, avg(adj_close) over last_20) as ma_20,
    if(session_number < 50, null, avg(adj_close) over last_50) as ma_50
from quoted
-- The rank is the symbol's: named here, a condition on it is met before the windows are computed.
window
    to_date as (
        partition by symbol, liquidity_rank order by session rows between unbounded preceding and current row
    ),
    last_20 as (partition by symbol, liquidity_rank order by session rows between 19 preceding and current row),
    last_50 as (partition by symbol, liquidity_rank order by session rows between 49 preceding and current row)

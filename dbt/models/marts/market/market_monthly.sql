-- The return of each symbol in each month.
-- A view, as market_daily is: a chart of one symbol reads that symbol alone.
{{ config(materialized='view') }}

with months as (
    select
        symbol,
        toStartOfMonth(session) as month,
        argMax(adj_close, session) as last_adj_close
    from {{ ref('prices') }}
    group by symbol, month
)

select
    symbol,
    month,
    toYear(month) as year,
    toMonth(month) as month_number,
    last_adj_close / lagInFrame(toNullable(last_adj_close)) over (
        partition by symbol order by month rows between unbounded preceding and current row
    ) - 1 as simple_return
from months

-- The adjusted close grows by exactly the log return of each session.
select symbol, session, log_return, growth
from (
    select
        symbol,
        session,
        log_return,
        log(adj_close / lagInFrame(toNullable(adj_close)) over (
            partition by symbol order by session rows between unbounded preceding and current row
        )) as growth
    from {{ ref('prices') }}
)
where log_return is not null and abs(log_return - growth) > 1e-9

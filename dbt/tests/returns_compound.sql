-- The adjusted close grows by exactly the log return of each session, and each session is there once.
select symbol, session, log_return, growth
from (
    select
        symbol,
        session,
        log_return,
        log(adj_close / lagInFrame(toNullable(adj_close)) over series) as growth,
        lagInFrame(toNullable(session)) over series as previous_session
    from {{ ref('prices') }}
    window series as (partition by symbol order by session rows between unbounded preceding and current row)
)
where (log_return is not null and abs(log_return - growth) > 1e-9) or session = previous_session

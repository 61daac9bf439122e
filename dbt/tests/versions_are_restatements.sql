-- Versions of a bar count from 1 without a gap, are known in their order, and each differs from the one before.
select symbol, session, version, knowledge_time
from (
    select
        symbol,
        session,
        version,
        knowledge_time,
        content_hash,
        row_number() over by_version as place,
        lagInFrame(toNullable(content_hash)) over by_version as previous_hash,
        lagInFrame(toNullable(knowledge_time)) over by_version as previous_time
    from {{ ref('bars') }}
    window by_version as (
        partition by symbol, session order by version rows between unbounded preceding and current row
    )
)
where version != place or content_hash = previous_hash or knowledge_time < previous_time

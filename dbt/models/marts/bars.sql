-- Every version of every bar, and the first instant each could have been known.
--
-- A pure function of the committed loads: observations of a (symbol, session) in the order (ingested_at, load_id); one
-- that differs from the one before is a version. Rebuilt and exchanged as a whole: a load that commits late may change
-- which observations are versions, and a reader must never meet the half of it.
{{ config(
    materialized='table',
    engine=engine(),
    order_by=['symbol', 'session', 'knowledge_time'],
) }}

with observations as (
    select
        *,
        lagInFrame(toNullable(content_hash)) over observed as previous_hash
    from {{ ref('stg_bars') }} final
    window observed as (
        partition by symbol, session order by ingested_at, load_id
        rows between unbounded preceding and current row
    )
),

versions as (
    select
        *,
        toUInt32(row_number() over (partition by symbol, session order by ingested_at, load_id)) as version
    from observations
    where previous_hash is null or previous_hash != content_hash
)

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
    currency,
    source,
    event_time,
    -- A restatement is known from when we saw it, and no bar before its session's data could be had at all.
    if(version = 1, available_at, greatest(ingested_at, available_at)) as knowledge_time,
    ingested_at,
    content_hash,
    cast(load_id as String) as load_id,
    version
from versions

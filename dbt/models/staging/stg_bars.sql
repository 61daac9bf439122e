-- Every row of every committed load: one row a (symbol, session, load).
--
-- Appended load by load. An insert of ClickHouse is not atomic, and a server goes on inserting after its client was
-- killed, so a load is complete only when its row count is the commit record's (macros/pending_loads.sql); otherwise it
-- is inserted again as a whole, and the ReplacingMergeTree collapses what was there before. Readers use FINAL.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    engine=engine('Replacing'),
    order_by=['symbol', 'session', 'ingested_at', 'load_id'],
) }}

-- depends_on: {{ ref('stg_loads') }}
{%- set keys = pending_quote_keys(this if is_incremental() else none) %}

select
    toLowCardinality(symbol) as symbol,
    session,
    open,
    high,
    low,
    close,
    volume,
    dividend,
    split,
    toLowCardinality(currency) as currency,
    toLowCardinality(source) as source,
    event_time,
    available_at,
    ingested_at,
    content_hash,
    toLowCardinality(load_id) as load_id
from (
{{ lake_quotes(keys) }}
)

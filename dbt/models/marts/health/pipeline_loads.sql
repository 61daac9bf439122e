-- Each load at a glance: how much it brought, and what it could not get.
-- A view: a load is here as soon as a build has read its commit record.
{{ config(materialized='view') }}

select
    load_id,
    ingested_at,
    toDate32(ingested_at) as day,
    source,
    rows_accepted,
    rows_rejected,
    rejected_share,
    symbols_ok,
    symbols_empty,
    symbols_failed,
    -- A table's cell, not a list of thousands.
    concat(
        arrayStringConcat(arraySlice(loads.failed_symbols, 1, 20), ', '),
        if(length(loads.failed_symbols) > 20, ', ...', '')
    ) as failed_symbols,
    size_bytes,
    multiIf(symbols_failed = 0, 'ok', symbols_failed = symbol_count, 'failed', 'partial') as status
from {{ ref('loads') }} as loads

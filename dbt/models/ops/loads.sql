-- What each load brought, how it went symbol by symbol, and how good it was.
{{ config(materialized='view') }}

select
    load_id,
    source,
    ingested_at,
    rows_accepted,
    rows_rejected,
    if(rows_accepted + rows_rejected = 0, 0, rows_rejected / (rows_accepted + rows_rejected)) as rejected_share,
    null_rows,
    fault_rows,
    duplicate_rows,
    symbol_count,
    symbols_ok,
    symbols_empty,
    symbols_failed,
    -- Of the parts that are needed: a load of thousands of symbols has as many of each.
    arrayFilter((symbol, outcome) -> outcome = 'failed', symbols.symbol, symbols.outcome) as failed_symbols,
    arrayMax(symbols.last_session) as last_session,
    object_count,
    size_bytes,
    quote_rows,
    quote_keys,
    objects,
    symbols
from {{ ref('stg_loads') }} final

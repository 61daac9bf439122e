-- A load may fail for some symbols; when the newest fails for all of them, someone should look.
{{ config(severity='warn') }}

select load_id, ingested_at, symbol_count, failed_symbols
from {{ ref('loads') }}
where symbol_count > 0 and symbols_failed = symbol_count
    and ingested_at = (select max(ingested_at) from {{ ref('loads') }})

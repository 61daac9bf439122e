-- Commit records of the lake, one row a load.
--
-- Only records that are not here yet are opened: the filter on _file is applied to the listing. A record is read as one
-- blob and must be whole JSON that names the load it is filed under, so that what a crash leaves behind is no load; it is
-- looked at again by every build, and becomes one when it is replaced by a whole record.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    engine=engine('Replacing'),
    order_by='load_id',
) }}

with records as (
    select
        replaceRegexpOne(_file, '\\.json$', '') as file_load_id,
        raw
    from s3({{ var('lake') }}, filename = 'loads/*.json', format = 'RawBLOB', structure = 'raw String')
    {% if is_incremental() -%}
    where _file not in (select concat(load_id, '.json') from {{ this }})
    {%- endif %}
),

typed as (
    select
        file_load_id,
        JSONExtractString(raw, 'load_id') as load_id,
        JSONExtractString(raw, 'source') as source,
        parseDateTime64BestEffortOrNull(JSONExtractString(raw, 'ingested_at'), 6, 'UTC') as ingested_at,
        JSONExtractUInt(raw, 'rows_accepted') as rows_accepted,
        JSONExtractUInt(raw, 'rows_rejected') as rows_rejected,
        JSONExtractUInt(raw, 'quality', 'null_rows') as null_rows,
        JSONExtractUInt(raw, 'quality', 'fault_rows') as fault_rows,
        JSONExtractUInt(raw, 'quality', 'duplicate_rows') as duplicate_rows,
        JSONExtract(raw, 'objects',
            'Array(Tuple(kind String, key String, etag String, size_bytes UInt64, rows UInt64))') as objects,
        JSONExtract(raw, 'symbols',
            'Array(Tuple(symbol String, outcome String, reason String, rows UInt64, rows_rejected UInt64, first_session Nullable(Date32), last_session Nullable(Date32), requested_from Nullable(Date32)))')
            as symbols
    from records
    where isValidJSON(raw) and JSONHas(raw, 'objects') and JSONHas(raw, 'symbols')
)

select
    load_id,
    toLowCardinality(source) as source,
    assumeNotNull(ingested_at) as ingested_at,
    rows_accepted,
    rows_rejected,
    arrayFilter(o -> o.kind = 'quotes', objects).key as quote_keys,
    toUInt64(arraySum(o -> if(o.kind = 'quotes', o.rows, 0), objects)) as quote_rows,
    toUInt32(length(objects)) as object_count,
    toUInt64(arraySum(o -> o.size_bytes, objects)) as size_bytes,
    toUInt32(length(symbols)) as symbol_count,
    toUInt32(countEqual(symbols.outcome, 'ok')) as symbols_ok,
    toUInt32(countEqual(symbols.outcome, 'empty')) as symbols_empty,
    toUInt32(countEqual(symbols.outcome, 'failed')) as symbols_failed,
    null_rows,
    fault_rows,
    duplicate_rows,
    objects,
    symbols
from typed
where load_id = file_load_id and ingested_at is not null

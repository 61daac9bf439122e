{#- Committed loads whose quotes are not, or not wholly, in staging.stg_bars.

    A load counts as loaded when stg_bars holds as many rows of it as its commit record says: neither a watermark
    (a load with an older id can commit later) nor mere presence (a build can be killed in the middle of an insert)
    would do. FINAL, so that a load that was half inserted and then inserted again is counted once. -#}
{% macro pending_loads_query(bars_relation=none) -%}
  select
    loads.load_id as load_id,
    loads.ingested_at as ingested_at,
    loads.quote_rows as quote_rows,
    loads.quote_keys as quote_keys
  from {{ ref('stg_loads') }} as loads final
  {% if bars_relation -%}
  left join (
    select toString(load_id) as load_id, count() as loaded_rows
    from {{ bars_relation }} final
    group by load_id
  ) as loaded on loaded.load_id = loads.load_id
  where loads.quote_rows != loaded.loaded_rows
  {%- else -%}
  where loads.quote_rows != 0
  {%- endif %}
{%- endmacro %}

{#- Keys of the quotes objects of the pending loads, in the order of the loads. -#}
{% macro pending_quote_keys(bars_relation=none) -%}
  {%- if not execute -%}{{ return([]) }}{%- endif -%}
  {%- set found = run_query(
    'select arrayJoin(quote_keys) as key from (' ~ pending_loads_query(bars_relation) ~ ') order by ingested_at, load_id, key'
  ) -%}
  {{ return(found.rows | map(attribute=0) | list) }}
{%- endmacro %}

{#- `dbt run-operation pending_loads`: one line of JSON a load that is committed and not loaded yet. -#}
{% macro pending_loads() -%}
  {%- set bars = adapter.get_relation(database=none, schema='staging', identifier='stg_bars') -%}
  {%- set found = run_query(
    'select load_id, toString(ingested_at) as ingested_at, quote_rows from (' ~ pending_loads_query(bars) ~ ') order by ingested_at, load_id'
  ) -%}
  {%- for row in found.rows -%}
    {%- do print(tojson({'load_id': row[0], 'ingested_at': row[1], 'quote_rows': row[2] | int})) -%}
  {%- endfor -%}
{%- endmacro %}

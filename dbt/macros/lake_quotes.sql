{#- Reads the named quotes objects of the lake: exactly those keys, never a listing, so that an object of a load
    that was not committed cannot be seen and a committed object that is gone is an error that names its key.
    No keys is a read of nothing with the same columns. -#}
{% macro lake_quotes(keys) -%}
  {%- set structure = "symbol String, session Date32, open Float64, high Float64, low Float64, close Float64, "
    ~ "volume Float64, dividend Float64, split Float64, currency String, source String, "
    ~ "event_time DateTime64(6, 'UTC'), available_at DateTime64(6, 'UTC'), ingested_at DateTime64(6, 'UTC'), "
    ~ "content_hash UInt64, load_id String" -%}
  {%- set structure = structure | replace("'", "\\'") -%}
  {%- set batch = var('lake_keys_per_read') | int -%}
  {%- if not keys %}
  select * from null('{{ structure }}')
  {%- endif -%}
  {%- for start in range(0, keys | length, batch) %}
  {% if not loop.first %}union all{% endif %}
  select * from s3({{ var('lake') }},
    filename = '{{ "{" ~ (keys[start:start + batch] | join(",")) ~ "}" }}',
    format = 'Parquet', structure = '{{ structure }}')
  {%- endfor %}
{%- endmacro %}

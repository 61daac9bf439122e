{#- The adapter asks before each model for materialized views that it made for it. No model here has one: a statement saved
    for each. -#}
{% macro clickhouse__drop_associated_mv_if_it_was_automatically_created(relation) -%}
{%- endmacro %}

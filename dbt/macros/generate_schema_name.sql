{#- Databases are named exactly as the models' folders say: other programs read marts.bars, not <target>_marts.bars. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
  {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}

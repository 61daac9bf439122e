{#- A MergeTree engine: replicated where the profile names a cluster.
    `kind` is the prefix (`Replacing`), `arguments` what stands between the parentheses. -#}
{% macro engine(kind='', arguments='') -%}
  {%- if target.cluster -%}
    {#- No path and name: the server's defaults ({uuid}, {replica}) are unique per table and safe to drop and re-create. -#}
    Replicated{{ kind }}MergeTree({{ arguments }})
  {%- else -%}
    {{ kind }}MergeTree({{ arguments }})
  {%- endif -%}
{%- endmacro %}

{#- `in`, or `global in` where a subquery next to a distributed table must be asked once for all shards. -#}
{% macro in_subquery() -%}
  {{ 'global in' if target.cluster else 'in' }}
{%- endmacro %}

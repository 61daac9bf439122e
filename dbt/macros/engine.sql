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

{#- The newest version of each bar known at the variable `as_of`, an instant in UTC; the newest there is without one. -#}
{% macro bars_known() -%}
  {%- if var('as_of') -%}
    {%- set as_of = "parseDateTime64BestEffort('" ~ var('as_of') ~ "', 6, 'UTC')" -%}
    (
        SELECT *
        FROM {{ ref('bars') }}
        WHERE knowledge_time <= {{ as_of }} AND event_time <= {{ as_of }}
        ORDER BY symbol, session, knowledge_time DESC, version DESC
        LIMIT 1 BY symbol, session
    )
  {%- else -%}
    {{ ref('bars_latest') }}
  {%- endif -%}
{%- endmacro %}

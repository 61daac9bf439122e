{#- Every row has a value in each of `columns`: no NULL, no NaN, no infinity, no empty string.
    One query for all of them: a query a column would cost more than the builds it guards. -#}
{% test complete(model, columns) %}
select {{ columns | join(', ') }}
from {{ model }}
where {% for column in columns -%}
  {%- if not loop.first %} or {% endif -%}
  {{ column }} is null or toString({{ column }}) in ('', 'nan', 'inf', '-inf')
{%- endfor %}
{% endtest %}

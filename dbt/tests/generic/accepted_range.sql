{#- Values lie in [min, max]; NULL is no value. -#}
{% test accepted_range(model, column_name, min=none, max=none) %}
select {{ column_name }}
from {{ model }}
where isNotNull({{ column_name }}) and not (
  {%- if min is not none %} {{ column_name }} >= {{ min }}{% endif -%}
  {%- if min is not none and max is not none %} and{% endif -%}
  {%- if max is not none %} {{ column_name }} <= {{ max }}{% endif %} )
{% endtest %}

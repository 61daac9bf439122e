{#- No two rows agree in all of `columns`. `final`: of a ReplacingMergeTree, as its readers see it. -#}
{% test unique_combination(model, columns, final=false) %}
select {{ columns | join(', ') }}, count() as row_count
from {{ model }} {{ 'final' if final }}
group by {{ columns | join(', ') }}
having row_count > 1
{% endtest %}

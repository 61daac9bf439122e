{#- No two rows agree in all of `columns`. `final`: of a ReplacingMergeTree, as its readers see it.
    Where the columns lead the table's order, the groups are met one after the other and need no memory. -#}
{% test unique_combination(model, columns, final=false) %}
select {{ columns | join(', ') }}, count() as row_count
from {{ model }} {{ 'final' if final }}
group by {{ columns | join(', ') }}
having row_count > 1
settings optimize_aggregation_in_order = 1
{% endtest %}

{#- What forecasts are judged by, over a group of rows of marts.forecast_scores. -#}
{% macro accuracy_figures() -%}
  count() as n,
  1e4 * avg(abs_error) as mae_bps,
  1e4 * avg(random_walk_abs_error) as random_walk_mae_bps,
  sum(abs_error) / nullIf(sum(random_walk_abs_error), 0) as mase,
  1 - mase as skill,
  avg(direction_hit) as hit_rate,
  avg(in_interval_80) as coverage_80
{%- endmacro %}

{#- Spearman's rank correlation of a group's rows: Pearson's, of average ranks. NULL below three rows, and where either side
    is constant. Values are finite.

    ClickHouse's rankCorr is 1 - 6 d / (n^3 - n), with d the sum of squared differences of average ranks. That is the
    correlation without ties; with them it is (s_x + s_y - d) / (2 sqrt(s_x s_y)), where the ranks of a side with runs of t
    equal values have s = (n^3 - n - sum(t^3 - t)) / 12. No sort of the whole table, as ranks by window functions need. -#}
{% macro rank_correlation(x, y) -%}
  {%- set cube = "pow(count(), 3) - count()" -%}
  if(
    count() < 3, null,
    ({{ rank_spread(x, cube) }} + {{ rank_spread(y, cube) }} - (1 - rankCorr({{ x }}, {{ y }})) * ({{ cube }}) / 6)
      / nullIf(2 * sqrt({{ rank_spread(x, cube) }} * {{ rank_spread(y, cube) }}), 0)
  )
{%- endmacro %}

{#- The sum of squared deviations of a group's average ranks from their mean. -#}
{% macro rank_spread(x, cube) -%}
  {%- set sorted = "arraySort(groupArray(" ~ x ~ "))" -%}
  (({{ cube }}) - arraySum(
    run -> pow(length(run), 3) - length(run),
    arraySplit((value, step) -> step != 0, {{ sorted }}, arrayDifference({{ sorted }}))
  )) / 12
{%- endmacro %}

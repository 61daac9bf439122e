{#- Mean pinball loss and the like of backtests, one row a run: of the runs that `condition` picks by their run_id. -#}
{% macro backtest_figures(condition) -%}
  select
    run_id,
    any(scored.model) as model,
    any(scored.model_kind) as model_kind,
    any(scored.horizon) as horizon,
    max(scored.written_at) as written_at,
    min(origin) as first_origin,
    max(origin) as last_origin,
    toUInt32(uniqExact(fold)) as folds,
    toUInt32(uniqExact(symbol)) as symbols,
    count() as n,
    1e4 * avg(abs(error)) as mae_bps,
    -- The random walk forecasts no return, so its error is the target.
    sum(abs(error)) / nullIf(sum(abs(target)), 0) as mase,
    avg(direction_hit) as hit_rate,
    avg(toUInt8(target between lower_80 and upper_80)) as coverage_80,
    1e4 * avg(pinball) as pinball_bps
  from (
    select
      *,
      target - point as error,
      {{ quantile_at('quantile_levels', 'quantile_values', 0.1) }} as lower_80,
      {{ quantile_at('quantile_levels', 'quantile_values', 0.9) }} as upper_80,
      {{ direction_hit('point', 'target') }} as direction_hit,
      {{ pinball('quantile_levels', 'quantile_values', 'target') }} as pinball
    from {{ source('forecasts', 'backtests') }} final
    where {{ condition }} and isFinite(point) and isFinite(target)
  ) as scored
  group by run_id
{%- endmacro %}

{#- The page of a run in MLflow's user interface; NULL where the environment names no tracker. -#}
{% macro run_url(run_id) -%}
  {%- set tracker = env_var('WEEKAHEAD_TRACKER_URL', '').rstrip('/') -%}
  {%- if tracker -%}
    concat('{{ tracker }}/#/runs/', {{ run_id }})
  {%- else -%}
    cast(null as Nullable(String))
  {%- endif -%}
{%- endmacro %}

{#- What a model is to the others: who answers, what all are measured by, or one of the rest. -#}
{% macro model_role(is_champion, is_random_walk) -%}
  multiIf({{ is_champion }}, 'champion', {{ is_random_walk }}, 'random walk', 'challenger')
{%- endmacro %}

{#- How a model is called in charts: its name, and the horizon where it is not the week of five sessions. -#}
{% macro model_label(model, horizon) -%}
  if({{ horizon }} = 5, toString({{ model }}), concat({{ model }}, ', ', toString({{ horizon }}), ' sessions'))
{%- endmacro %}

{#- Origins whose forecasts are about days that are still to come at their model's newest origin, with those days. Few of
    many, and found by what the table is ordered by. -#}
{% macro origins_to_come(sessions) -%}
  select model_name, origin, horizon, week_ahead_date
  from (
    select
      *,
      {{ session_ahead(sessions, 'origin', 'horizon') }} as week_ahead_date,
      max(origin) over (partition by model_name) as newest_origin
    from (select distinct model_name, origin, horizon from {{ source('forecasts', 'forecasts') }} where not shadow)
  )
  where week_ahead_date > newest_origin
{%- endmacro %}

{#- What the model of each run is called, for the runs that were scored and those that made a champion since. -#}
{% macro models_of_runs() -%}
  select run_id, {{ model_label('runs.model', 'runs.horizon') }} as model
  from {{ ref('backtest_runs') }} as runs final
  union all
  select run_id, {{ model_label('any(runs.model)', 'any(runs.horizon)') }} as model
  from {{ source('forecasts', 'backtests') }} as runs
  where run_id {{ in_subquery() }} (
    select run_id
    from {{ source('ops', 'promotions') }}
    where promoted and run_id not in (select run_id from {{ ref('backtest_runs') }})
  )
  group by run_id
{%- endmacro %}

-- One row a training run that was backtested.
-- A view: a run is here as soon as its backtest is written, though it is scored for good by the next build.
{{ config(materialized='view') }}

with runs as (
    select * except backtest_rows
    from {{ ref('backtest_runs') }} final

    union all

    {{ backtest_figures(
        'run_id ' ~ in_subquery() ~ ' (select run_id from ' ~ source('forecasts', 'backtests')
        ~ ' where run_id not in (select run_id from ' ~ ref('backtest_runs') ~ '))'
    ) }}
)

select
    run_id,
    {{ model_label('model', 'horizon') }} as model,
    runs.model_kind as model_kind,
    horizon,
    written_at,
    first_origin,
    last_origin,
    folds,
    symbols,
    n,
    mae_bps,
    mase,
    1 - mase as skill,
    hit_rate,
    coverage_80,
    pinball_bps,
    row_number() over (partition by runs.model, horizon order by written_at desc, run_id desc) = 1 as is_latest,
    {{ model_role(
        'run_id in (select run_id from ' ~ ref('champion_history') ~ ' where champion_until is null)',
        "runs.model_kind = 'random_walk'"
    ) }} as role,
    {{ run_url('run_id') }} as run_url
from runs

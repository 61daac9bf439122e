-- One row a model: its latest backtest beside the accuracy of what it has forecast live.
-- A view: a run is here as soon as its backtest is written.
{{ config(materialized='view') }}

with latest_runs as (
    select
        model,
        argMax(run_id, written_at) as run_id
    from {{ source('forecasts', 'backtests') }}
    group by model
),

-- Values with an alias of their own: ClickHouse would read an alias for the column it hides.
scored as (
    select
        model,
        model_kind,
        run_id,
        fold,
        symbol,
        origin,
        written_at,
        target - point as error,
        target,
        {{ quantile_at('quantile_levels', 'quantile_values', 0.1) }} as lower_80,
        {{ quantile_at('quantile_levels', 'quantile_values', 0.9) }} as upper_80,
        {{ direction_hit('point', 'target') }} as direction_hit,
        {{ pinball('quantile_levels', 'quantile_values', 'target') }} as pinball
    from {{ source('forecasts', 'backtests') }} final
    where (model, run_id) in (select model, run_id from latest_runs)
        and isFinite(point) and isFinite(target)
),

backtested as (
    select
        model,
        any(scored.model_kind) as model_kind,
        any(scored.run_id) as run_id,
        max(scored.written_at) as written_at,
        uniqExact(fold) as folds,
        uniqExact(symbol) as symbols,
        min(origin) as first_origin,
        max(origin) as last_origin,
        count() as n,
        avg(abs(error)) as mae,
        sqrt(avg(error * error)) as rmse,
        -- The random walk forecasts no return, so its error is the target.
        sum(abs(error)) / nullIf(sum(abs(target)), 0) as mase,
        avg(direction_hit) as directional_accuracy,
        avg(toUInt8(target >= lower_80 and target <= upper_80)) as coverage_80,
        avg(upper_80 - lower_80) as width_80,
        avg(pinball) as pinball
    from scored
    group by model
),

-- A live forecast belongs to the model whose run made it; a run that was never backtested, to its registered name.
run_models as (
    select
        run_id,
        any(model) as model
    from {{ source('forecasts', 'backtests') }}
    group by run_id
),

live as (
    select
        if(run_models.model = '', toString(accuracy.model_name), toString(run_models.model)) as model,
        count() as live_n,
        max(accuracy.target_session) as live_last_session,
        avg(accuracy.abs_error) as live_mae,
        sqrt(avg(accuracy.squared_error)) as live_rmse,
        sum(accuracy.abs_error) / nullIf(sum(accuracy.random_walk_abs_error), 0) as live_mase,
        avg(accuracy.direction_hit) as live_directional_accuracy,
        avg(accuracy.in_interval_80) as live_coverage_80,
        avg(accuracy.upper_80 - accuracy.lower_80) as live_width_80,
        avg(accuracy.pinball) as live_pinball
    from {{ ref('forecast_accuracy') }} as accuracy
    left join run_models on run_models.run_id = accuracy.run_id
    group by model
)

select
    if(backtested.n > 0, toString(backtested.model), live.model) as model,
    toString(backtested.model_kind) as model_kind,
    backtested.run_id as run_id,
    backtested.written_at as written_at,
    backtested.folds as folds,
    backtested.symbols as symbols,
    backtested.first_origin as first_origin,
    backtested.last_origin as last_origin,
    backtested.n as n,
    if(backtested.n > 0, backtested.mae, null) as mae,
    if(backtested.n > 0, backtested.rmse, null) as rmse,
    backtested.mase as mase,
    backtested.directional_accuracy as directional_accuracy,
    backtested.coverage_80 as coverage_80,
    backtested.width_80 as width_80,
    backtested.pinball as pinball,
    live.live_n as live_n,
    if(live.live_n > 0, live.live_last_session, null) as live_last_session,
    if(live.live_n > 0, live.live_mae, null) as live_mae,
    if(live.live_n > 0, live.live_rmse, null) as live_rmse,
    live.live_mase as live_mase,
    live.live_directional_accuracy as live_directional_accuracy,
    live.live_coverage_80 as live_coverage_80,
    live.live_width_80 as live_width_80,
    live.live_pinball as live_pinball
from backtested
full outer join live on live.model = toString(backtested.model)

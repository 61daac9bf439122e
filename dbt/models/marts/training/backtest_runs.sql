-- The backtest of each training run in figures; marts.training_runs is what to read.
--
-- Runs are for ever and many, so each is scored once: a run whose rows are not as many, or not of the time, as when it was
-- scored is scored again, and replaces itself. Readers use FINAL.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    engine=engine('Replacing'),
    order_by='run_id',
) }}

with written as (
    select
        run_id,
        count() as backtest_rows,
        max(written_at) as last_written_at
    from {{ source('forecasts', 'backtests') }}
    group by run_id
),

pending as (
    select *
    from written
    {% if is_incremental() -%}
    where (run_id, backtest_rows, last_written_at) not in (select run_id, backtest_rows, written_at from {{ this }} final)
    {%- endif %}
),

figures as (
    {{ backtest_figures('run_id ' ~ in_subquery() ~ ' (select run_id from pending)') }}
)

select
    figures.*,
    pending.backtest_rows as backtest_rows
from figures
inner join pending on pending.run_id = figures.run_id

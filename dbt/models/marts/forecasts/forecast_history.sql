-- What was forecast for each symbol at each origin, and what came: one row an origin, the answer that was given last.
-- A view: a forecast of the week ahead is here as soon as it is written; its outcome comes with the next build.
{{ config(materialized='view') }}

with
{{ exchange_sessions() }} as sessions,

-- Not a join, which every row would go through, whether or not the model's name is asked for.
(select (groupArray(run_id), groupArray(model)) from ({{ models_of_runs() }})) as names,

-- Few of many origins, and not yet among the outcomes.
to_come as (
    select
        model_name,
        origin,
        horizon,
        {{ session_ahead('sessions', 'origin', 'horizon') }} as week_ahead_date
    from (select distinct model_name, origin, horizon from {{ source('forecasts', 'forecasts') }} where not shadow)
    where empty(sessions) or week_ahead_date > sessions[-1]
),

-- Ranks and not LIMIT BY, which a reader's condition on the symbol would not get past.
answered as (
    select
        *,
        {{ quantile_at('quantile_levels', 'quantile_values', 0.1) }} as lower_80,
        {{ quantile_at('quantile_levels', 'quantile_values', 0.9) }} as upper_80,
        row_number() over (
            partition by model_name, symbol, origin order by written_at desc, model_version desc, horizon desc
        ) as place
    from {{ source('forecasts', 'forecasts') }} final
    where not shadow
        and (model_name, origin, horizon) {{ in_subquery() }} (select model_name, origin, horizon from to_come)
),

history as (
    select *
    from {{ ref('forecast_outcomes') }}
    -- An origin whose forecasts reach to different sessions is there with those that are still to come.
    where (model_name, origin) not in (select model_name, origin from to_come)

    union all

    select
        model_name, symbol, origin, horizon, model_version, run_id,
        {{ session_ahead('sessions', 'origin', 'horizon') }} as week_ahead_date,
        origin_close, point, lower_80, upper_80, null as realised, null as error, 'to come' as inside_80
    from answered
    where place = 1
)

select
    history.model_name as model_name,
    history.symbol as symbol,
    history.origin as origin,
    history.horizon as horizon,
    history.week_ahead_date as week_ahead_date,
    if(history.inside_80 = 'to come', null, history.week_ahead_date) as target_session,
    history.origin_close as origin_close,
    -- What came in the same units as the forecast: what the origin's price became with dividends and splits put back in.
    {% for price, log_return in (
        ('forecast_price', 'point'), ('lower_80_price', 'lower_80'), ('upper_80_price', 'upper_80'),
        ('realised_price', 'realised'),
    ) -%}
    history.origin_close * exp(history.{{ log_return }}) as {{ price }},
    {% endfor -%}
    {% for move, log_return in (
        ('expected_move', 'point'), ('lower_80_move', 'lower_80'), ('upper_80_move', 'upper_80'),
        ('realised_move', 'realised'),
    ) -%}
    exp(history.{{ log_return }}) - 1 as {{ move }},
    {% endfor -%}
    history.inside_80 as inside_80,
    1e4 * history.error as error_bps,
    transform(history.run_id, names.1, names.2, toString(history.model_name)) as model,
    history.model_version as model_version,
    history.run_id as run_id
from history

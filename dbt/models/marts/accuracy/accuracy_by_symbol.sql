-- How good the forecasts of each symbol were.
{{ config(
    materialized='table',
    engine=engine(),
    order_by=['source', 'model', 'symbol'],
) }}

with scored as (
    select
        source,
        model,
        symbol,
        {{ accuracy_figures() }},
        -- Above 0 where forecasts were too low.
        1e4 * avg(error) as bias_bps,
        1e4 * avg(width_80) as width_80_bps
    from {{ ref('forecast_scores') }}
    group by source, model, symbol
)

select
    scored.*,
    nullIf(latest.liquidity_rank, 0) as liquidity_rank
from scored
left join {{ ref('market_latest') }} as latest on latest.symbol = scored.symbol

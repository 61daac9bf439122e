-- Whether quantiles mean what they say: how often the outcome was at or below the quantile of each level.
{{ config(
    materialized='table',
    engine=engine(),
    order_by=['source', 'model', 'level'],
) }}

select
    source,
    model,
    -- 1e-9: a level that was computed (1 - 0.9) is the level that was written.
    round(levels, 9) as level,
    count() as n,
    avg(below) as share_below,
    share_below - level as gap
from {{ ref('forecast_scores') }}
array join quantile_levels as levels, at_or_below as below
group by source, model, level

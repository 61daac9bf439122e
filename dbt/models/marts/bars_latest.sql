-- Each bar as it is known now. For dashboards: a point-in-time reader filters marts.bars by knowledge_time.
{{ config(materialized='view') }}

select *
from {{ ref('bars') }}
order by symbol, session, version desc
limit 1 by symbol, session

-- Every decision about a champion, with its evidence.
-- A view: a decision is here as soon as it is written.
{{ config(materialized='view') }}

select
    decided_at,
    model_name,
    model_version,
    model_kind,
    run_id,
    nullIf(decisions.previous_version, 0) as previous_version,
    promoted,
    multiIf(
        decisions.metric = 'by_hand', 'by hand',
        decisions.metric = 'rollback', 'rollback',
        promoted, 'promoted',
        'kept'
    ) as decision,
    -- A person's decision has no figures, and the first champion nobody to be compared with.
    if(decision in ('by hand', 'rollback'), null, toString(decisions.metric)) as metric,
    {{ finite('decisions.challenger_value') }} as challenger_value,
    {{ finite('decisions.champion_value') }} as champion_value,
    1 - challenger_value / nullIf(champion_value, 0) as improvement,
    {{ finite('decisions.p_value') }} as p_value,
    reason,
    {{ run_url('run_id') }} as run_url
from {{ source('ops', 'promotions') }} as decisions final

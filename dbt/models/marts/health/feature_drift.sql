-- How far the recent values of each feature are from those that models learned from, build by build.
{{ config(materialized='view') }}

-- Where two versions of a view were built at one instant, that of the newer build.
with built as (
    select
        *,
        row_number() over (partition by view, feature, as_of order by written_at desc, view_version desc) as place,
        max(as_of) over (partition by view) as newest_as_of
    from {{ source('ops', 'feature_stats') }} final
)

select
    view,
    view_version,
    feature,
    as_of,
    {{ finite('built.psi') }} as psi,
    {{ finite('built.null_rate') }} as null_rate,
    {{ finite('built.training_null_rate') }} as training_null_rate,
    {{ finite('built.mean') }} as mean,
    {{ finite('built.training_mean') }} as training_mean,
    -- The usual reading of a population stability index.
    multiIf(psi is null, 'unknown', psi < 0.1, 'stable', psi < 0.25, 'shifting', 'drifted') as status,
    as_of = newest_as_of as is_latest,
    -- Among the newest looks of all views.
    if(is_latest, row_number() over (partition by is_latest order by psi desc nulls last, view, feature), null) as psi_rank
from built
where place = 1

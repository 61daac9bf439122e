-- Every committed load is in stg_bars with exactly the rows that its commit record counts.
select
    loads.load_id as load_id,
    loads.quote_rows as committed_rows,
    loaded.rows as loaded_rows
from {{ ref('stg_loads') }} as loads final
full outer join (
    select toString(load_id) as load_id, count() as rows
    from {{ ref('stg_bars') }} final
    group by load_id
) as loaded on loaded.load_id = loads.load_id
where loads.quote_rows != loaded.rows

-- How each node of a dbt run ended, as dbt itself tells at the end of the run. Two years are kept.
CREATE TABLE IF NOT EXISTS ops.dbt_results{local}{on_cluster}
(
    invocation_id String,
    invoked_at    DateTime64(6, 'UTC'),
    whole         Bool,
    unique_id     String,
    kind          LowCardinality(String),
    name          String,
    status        LowCardinality(String),
    seconds       Float64,
    failures      Nullable(UInt64),
    message       String,
    finished_at   DateTime64(6, 'UTC')
)
ENGINE = {replicated}ReplacingMergeTree(finished_at)
ORDER BY (invocation_id, unique_id)
TTL toDateTime(finished_at) + INTERVAL 2 YEAR;
-- cluster only
CREATE TABLE IF NOT EXISTS ops.dbt_results{on_cluster} AS ops.dbt_results_local
ENGINE = Distributed({cluster}, ops, dbt_results_local, cityHash64(invocation_id));

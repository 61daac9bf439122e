-- Every decision about the alias `champion`, with its evidence. Writing a decision again leaves one row.
CREATE TABLE IF NOT EXISTS ops.promotions{local}{on_cluster}
(
    decided_at       DateTime64(6, 'UTC'),
    model_name       LowCardinality(String),
    model_version    UInt32,
    model_kind       LowCardinality(String),
    run_id           String,
    previous_version UInt32,
    promoted         Bool,
    metric           LowCardinality(String),
    challenger_value Float64,
    champion_value   Float64,
    p_value          Float64,
    reason           String
)
ENGINE = {replicated}ReplacingMergeTree(decided_at)
ORDER BY (model_name, decided_at, model_version, run_id);
-- cluster only
CREATE TABLE IF NOT EXISTS ops.promotions{on_cluster} AS ops.promotions_local
ENGINE = Distributed({cluster}, ops, promotions_local, cityHash64(model_name));

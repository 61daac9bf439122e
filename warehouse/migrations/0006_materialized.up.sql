-- What the last build of a view found and left, a row a symbol: the digests of its bars and of its feature rows as of then.
CREATE TABLE IF NOT EXISTS ops.materialized{local}{on_cluster}
(
    view         LowCardinality(String),
    view_version String,
    symbol       String,
    as_of        DateTime64(6, 'UTC'),
    bars         UInt64,
    bars_digest  UInt64,
    rows         UInt64,
    rows_digest  UInt64,
    written_at   DateTime64(6, 'UTC')
)
ENGINE = {replicated}ReplacingMergeTree(written_at)
ORDER BY (view, view_version, symbol);
-- cluster only
CREATE TABLE IF NOT EXISTS ops.materialized{on_cluster} AS ops.materialized_local
ENGINE = Distributed({cluster}, ops, materialized_local, cityHash64(symbol));

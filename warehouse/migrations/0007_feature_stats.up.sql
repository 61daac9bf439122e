-- What the values of each feature look like at a build: those of recent sessions, and how far they are from those before.
CREATE TABLE IF NOT EXISTS ops.feature_stats{local}{on_cluster}
(
    view               LowCardinality(String),
    view_version       String,
    feature            LowCardinality(String),
    as_of              DateTime64(6, 'UTC'),
    rows_digest        UInt64,
    recent_from        Date32,
    recent_to          Date32,
    recent_rows        UInt64,
    null_rate          Float64,
    mean               Float64,
    std                Float64,
    min                Float64,
    q05                Float64,
    q25                Float64,
    q50                Float64,
    q75                Float64,
    q95                Float64,
    max                Float64,
    training_from      Date32,
    training_to        Date32,
    training_rows      UInt64,
    training_null_rate Float64,
    training_mean      Float64,
    training_std       Float64,
    psi                Float64,
    written_at         DateTime64(6, 'UTC')
)
ENGINE = {replicated}ReplacingMergeTree(written_at)
ORDER BY (view, view_version, as_of, feature);
-- cluster only
CREATE TABLE IF NOT EXISTS ops.feature_stats{on_cluster} AS ops.feature_stats_local
ENGINE = Distributed({cluster}, ops, feature_stats_local, cityHash64(feature));

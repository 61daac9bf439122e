-- The record of applied migrations: made before the first one, so not a migration itself.
CREATE DATABASE IF NOT EXISTS ops{on_cluster};
CREATE TABLE IF NOT EXISTS ops.schema_migrations{local}{on_cluster}
(
    version    UInt32,
    name       String,
    checksum   String,
    applied    Bool,
    sequence   UInt64,
    applied_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = {replicated}ReplacingMergeTree(sequence)
ORDER BY version;
-- cluster only
CREATE TABLE IF NOT EXISTS ops.schema_migrations{on_cluster} AS ops.schema_migrations_local
ENGINE = Distributed({cluster}, ops, schema_migrations_local, cityHash64(version));

-- One row a run of a job of the schedule: its latest state. `revision` counts up, whatever the clocks of hosts say.
CREATE TABLE IF NOT EXISTS ops.schedule_runs{local}{on_cluster}
(
    job         LowCardinality(String),
    fires_at    DateTime64(6, 'UTC'),
    status      LowCardinality(String),
    attempt     UInt32,
    in_past     Bool,
    holder      String,
    started_at  DateTime64(6, 'UTC'),
    finished_at DateTime64(6, 'UTC'),
    detail      String,
    revision    UInt64
)
ENGINE = {replicated}ReplacingMergeTree(revision)
ORDER BY (job, fires_at);
-- cluster only
CREATE TABLE IF NOT EXISTS ops.schedule_runs{on_cluster} AS ops.schedule_runs_local
ENGINE = Distributed({cluster}, ops, schedule_runs_local, cityHash64(job));

-- What instances of the scheduler say about the lease, stamped by the server's clock. Rows are added and never changed.
CREATE TABLE IF NOT EXISTS ops.schedule_leases{local}{on_cluster}
(
    lease         LowCardinality(String),
    holder        String,
    event         LowCardinality(String),
    place         String,
    lease_seconds UInt32,
    written_at    DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = {replicated}MergeTree
ORDER BY (lease, holder, written_at)
TTL toDateTime(written_at) + INTERVAL 2 DAY;
-- cluster only
CREATE TABLE IF NOT EXISTS ops.schedule_leases{on_cluster} AS ops.schedule_leases_local
ENGINE = Distributed({cluster}, ops, schedule_leases_local, cityHash64(lease));

-- One row a step of a pipeline run: its latest state.
CREATE TABLE IF NOT EXISTS ops.pipeline_runs{local}{on_cluster}
(
    pipeline_run_id String,
    step            String,
    as_of           DateTime64(6, 'UTC'),
    status          String,
    detail          String,
    started_at      DateTime64(6, 'UTC'),
    finished_at     DateTime64(6, 'UTC')
)
ENGINE = {replicated}ReplacingMergeTree(finished_at)
ORDER BY (pipeline_run_id, step);
-- cluster only
CREATE TABLE IF NOT EXISTS ops.pipeline_runs{on_cluster} AS ops.pipeline_runs_local
ENGINE = Distributed({cluster}, ops, pipeline_runs_local, cityHash64(pipeline_run_id));

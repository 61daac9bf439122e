//! What the scheduled pipelines did, step by step.

use clickhouse::Row;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use weekahead_market::AsOf;

use crate::bars::AT;
use crate::forecasts::instant;
use crate::{Error, Result, Warehouse};

/// The state of one step of a pipeline run: a row of `ops.pipeline_runs`.
#[derive(Debug, Clone, PartialEq)]
pub struct PipelineRun {
    /// The run.
    pub pipeline_run_id: String,
    /// The step, such as `ingest`.
    pub step: String,
    /// Where the run stands in history.
    pub as_of: AsOf,
    /// `running`, `succeeded` or `failed`.
    pub status: String,
    /// What it did, or why it failed.
    pub detail: String,
    /// When the step started.
    pub started_at: Timestamp,
    /// When this state was reached.
    pub finished_at: Timestamp,
}

impl Warehouse {
    /// Records the state of a step. A later state of the same run and step replaces it.
    ///
    /// # Errors
    /// [`Error::UnknownTable`] before the migrations; connection errors, after which the write may be repeated.
    pub async fn write_pipeline_run(&self, row: &PipelineRun) -> Result<()> {
        self.insert("ops", "pipeline_runs", &[Stored::from(row)]).await
    }

    /// The steps that started by `as_of`, oldest first.
    ///
    /// # Errors
    /// [`Error::UnknownTable`] before the migrations; connection errors.
    pub async fn pipeline_runs(&self, as_of: AsOf) -> Result<Vec<PipelineRun>> {
        let sql = format!(
            "SELECT ?fields FROM ops.pipeline_runs FINAL WHERE started_at <= {AT} \
             ORDER BY started_at, pipeline_run_id, finished_at, step"
        );
        let query = self.query(&sql).param("as_of", as_of.as_microsecond());
        self.rows::<Stored>(query).await?.into_iter().map(PipelineRun::try_from).collect()
    }
}

/// The row as the table has it.
#[derive(Row, Serialize, Deserialize)]
struct Stored {
    pipeline_run_id: String,
    step: String,
    as_of: i64,
    status: String,
    detail: String,
    started_at: i64,
    finished_at: i64,
}

impl From<&PipelineRun> for Stored {
    fn from(row: &PipelineRun) -> Self {
        Self {
            pipeline_run_id: row.pipeline_run_id.clone(),
            step: row.step.clone(),
            as_of: row.as_of.as_microsecond(),
            status: row.status.clone(),
            detail: row.detail.clone(),
            started_at: row.started_at.as_microsecond(),
            finished_at: row.finished_at.as_microsecond(),
        }
    }
}

impl TryFrom<Stored> for PipelineRun {
    type Error = Error;

    fn try_from(row: Stored) -> Result<Self> {
        Ok(Self {
            pipeline_run_id: row.pipeline_run_id,
            step: row.step,
            as_of: AsOf::at(instant(row.as_of)?),
            status: row.status,
            detail: row.detail,
            started_at: instant(row.started_at)?,
            finished_at: instant(row.finished_at)?,
        })
    }
}

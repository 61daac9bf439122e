//! What became of the runs of the schedule: one row a job and fire time.

use std::fmt;
use std::str::FromStr;

use clickhouse::Row;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use weekahead_market::AsOf;

use crate::bars::AT;
use crate::forecasts::instant;
use crate::{Error, Result, Warehouse};

/// Where a run of the schedule has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScheduleStatus {
    /// It is under way, or its instance died in the midst of it.
    Running,
    /// All of its steps ended well.
    Succeeded,
    /// A step failed on its last try.
    Failed,
    /// It was never begun, or given up, since a later one counts.
    Skipped,
    /// Its instance was stopped, or lost the lease, in the midst of it.
    Interrupted,
}

impl ScheduleStatus {
    const ALL: [Self; 5] = [Self::Running, Self::Succeeded, Self::Failed, Self::Skipped, Self::Interrupted];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Interrupted => "interrupted",
        }
    }

    /// Whether nothing more is to come of it.
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Skipped)
    }
}

impl fmt::Display for ScheduleStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ScheduleStatus {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|status| status.as_str() == text);
        known.ok_or_else(|| Error::Stored { detail: format!("`{text}` is no status of a scheduled run") })
    }
}

/// The state of a run of the schedule: a row of `ops.schedule_runs`.
#[derive(Debug, Clone, PartialEq)]
pub struct ScheduleRun {
    /// The job.
    pub job: String,
    /// When the job was to run, by its rule.
    pub fires_at: Timestamp,
    /// Where it has come to.
    pub status: ScheduleStatus,
    /// How often it was begun; 0 for a run that was skipped before that.
    pub attempt: u32,
    /// Whether it was lived through under a virtual clock.
    pub in_past: bool,
    /// The instance that ran it.
    pub holder: String,
    /// When it was begun.
    pub started_at: Timestamp,
    /// When this state was reached.
    pub finished_at: Timestamp,
    /// What it did, or why it failed.
    pub detail: String,
}

/// Which runs are asked for.
#[derive(Debug, Clone, Default)]
pub struct ScheduleRunFilter {
    /// Of this job alone.
    pub job: Option<String>,
    /// Fire times from the first up to the second, both included.
    pub fires: Option<(Timestamp, Timestamp)>,
    /// The newest ones of each job.
    pub newest_of_job: Option<u32>,
    /// The newest ones of all.
    pub newest: Option<u32>,
}

impl Warehouse {
    /// Records states of runs. A later state of the same run replaces it: a later attempt, or the end of the same attempt.
    ///
    /// # Errors
    /// [`Error::UnknownTable`] before the migrations; connection errors, after which the write may be repeated.
    pub async fn write_schedule_runs(&self, rows: &[ScheduleRun]) -> Result<()> {
        let rows: Vec<Stored> = rows.iter().map(Stored::from).collect();
        self.insert("ops", "schedule_runs", &rows).await
    }

    /// The runs that were begun by `as_of`, those of the latest fire time first.
    ///
    /// # Errors
    /// [`Error::UnknownTable`] before the migrations; connection errors.
    pub async fn schedule_runs(&self, as_of: AsOf, filter: &ScheduleRunFilter) -> Result<Vec<ScheduleRun>> {
        let mut sql = format!("SELECT ?fields FROM ops.schedule_runs FINAL WHERE started_at <= {AT}");
        if filter.job.is_some() {
            sql.push_str(" AND job = {job:String}");
        }
        if filter.fires.is_some() {
            sql.push_str(&format!(" AND fires_at BETWEEN {} AND {}", at("first"), at("last")));
        }
        sql.push_str(" ORDER BY fires_at DESC, job");
        if let Some(count) = filter.newest_of_job {
            sql.push_str(&format!(" LIMIT {count} BY job"));
        }
        if let Some(count) = filter.newest {
            sql.push_str(&format!(" LIMIT {count}"));
        }
        let mut query = self.query(&sql).param("as_of", as_of.as_microsecond());
        if let Some(job) = &filter.job {
            query = query.param("job", job);
        }
        if let Some((first, last)) = filter.fires {
            query = query.param("first", first.as_microsecond()).param("last", last.as_microsecond());
        }
        self.rows::<Stored>(query).await?.into_iter().map(ScheduleRun::try_from).collect()
    }
}

/// A parameter in microseconds as an instant of SQL.
fn at(parameter: &str) -> String {
    format!("fromUnixTimestamp64Micro({{{parameter}:Int64}}, 'UTC')")
}

/// The row as the table has it.
#[derive(Row, Serialize, Deserialize)]
struct Stored {
    job: String,
    fires_at: i64,
    status: String,
    attempt: u32,
    in_past: bool,
    holder: String,
    started_at: i64,
    finished_at: i64,
    detail: String,
    revision: u64,
}

impl From<&ScheduleRun> for Stored {
    fn from(row: &ScheduleRun) -> Self {
        // Each attempt has a state while it is under way and one after it.
        let is_over = row.status != ScheduleStatus::Running;
        Self {
            job: row.job.clone(),
            fires_at: row.fires_at.as_microsecond(),
            status: row.status.as_str().to_owned(),
            attempt: row.attempt,
            in_past: row.in_past,
            holder: row.holder.clone(),
            started_at: row.started_at.as_microsecond(),
            finished_at: row.finished_at.as_microsecond(),
            detail: row.detail.clone(),
            revision: u64::from(row.attempt) * 4 + u64::from(is_over) + u64::from(row.status.has_ended()),
        }
    }
}

impl TryFrom<Stored> for ScheduleRun {
    type Error = Error;

    fn try_from(row: Stored) -> Result<Self> {
        Ok(Self {
            job: row.job,
            fires_at: instant(row.fires_at)?,
            status: row.status.parse()?,
            attempt: row.attempt,
            in_past: row.in_past,
            holder: row.holder,
            started_at: instant(row.started_at)?,
            finished_at: instant(row.finished_at)?,
            detail: row.detail,
        })
    }
}

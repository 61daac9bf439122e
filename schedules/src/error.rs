//! What can be wrong with a schedule, and what can go wrong while it runs.

/// A failure of the scheduler. The message says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A text that is no rule.
    #[error(
        "`{text}` says no times ({reason}): write five cron fields as in \"30 18 * * MON-FRI\", \"each session close + 2h\" or \
         \"last session of the week close + 2h\""
    )]
    When {
        /// The offending text.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A cron expression without a single time.
    #[error(
        "the cron expression `{text}` never fires: no month that it names has such a day; correct its third and fourth field \
         (day of the month, month), or write L for the last day of the month"
    )]
    NeverFires {
        /// The expression.
        text: String,
    },
    /// A time zone that nobody knows.
    #[error("`{name}` is no time zone: name one of the IANA database, such as America/New_York or UTC")]
    TimeZone {
        /// The offending name.
        name: String,
    },
    /// A job's name that could not be written on a command line or into a variable.
    #[error("`{name}` cannot name a job: use 1 to 64 of a-z 0-9 _")]
    Name {
        /// The offending name.
        name: String,
    },
    /// A job without a step.
    #[error(
        "job `{job}` has no steps: name weekahead commands, as in steps = [\"ingest\", \"features build\"]"
    )]
    NoSteps {
        /// The job.
        job: String,
    },
    /// A step that is no command.
    #[error("step `{step}` of job `{job}` cannot be run: {reason}")]
    Step {
        /// The job.
        job: String,
        /// The step.
        step: String,
        /// Why not.
        reason: String,
    },
    /// A job that is to run after one that there is not.
    #[error("job `{job}` is to run after `{after}`, which is no job: correct `after`; the jobs are {jobs}")]
    UnknownAfter {
        /// The job.
        job: String,
        /// What it names.
        after: String,
        /// The jobs that there are.
        jobs: String,
    },
    /// Jobs that wait for each other.
    #[error("jobs {jobs} wait for each other: take one of them out of another's `after`")]
    Cycle {
        /// The jobs, in the order in which they wait.
        jobs: String,
    },
    /// A job that somebody named and that there is not.
    #[error("there is no job `{name}`: the jobs are {jobs}")]
    UnknownJob {
        /// The name.
        name: String,
        /// The jobs that there are.
        jobs: String,
    },
    /// Times of the lease that do not go together.
    #[error("{reason}: correct it in the section [schedule]")]
    LeaseTimes {
        /// What does not.
        reason: String,
    },
    /// Another instance runs the schedule, and this one was not to wait.
    #[error("{holder}")]
    Held {
        /// Who holds the lease, until when, and how to mend it.
        holder: crate::lease::Held,
    },
    /// An insert took longer than the lease allows, time after time.
    #[error(
        "the warehouse took longer than {settle_seconds} s to take a claim, {tries} times: look at its load, or raise \
         `schedule.settle_seconds`"
    )]
    SlowClaims {
        /// How long it may take.
        settle_seconds: u64,
        /// How often it was tried.
        tries: u32,
    },
    /// A step could not be started, or its log not be written.
    #[error("cannot {action}: {source}")]
    Process {
        /// What could not be done.
        action: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The exchange's calendar does not reach so far.
    #[error(transparent)]
    Calendar(#[from] weekahead_market::Error),
    /// The warehouse failed.
    #[error(transparent)]
    Warehouse(#[from] weekahead_warehouse::Error),
}

impl Error {
    /// Whether the same call may succeed a moment later with nothing changed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Warehouse(error) => error.is_retryable(),
            Self::SlowClaims { .. } | Self::Held { .. } => true,
            _ => false,
        }
    }
}

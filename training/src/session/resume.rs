//! Going on with sessions that broke off, and breaking one off in order.

use std::sync::{Arc, Mutex, PoisonError};

use weekahead_tracker::RunStatus;

use super::{Listener, Progress, Session, TrainingReport};
use crate::pending::PendingFiles;
use crate::recording::OpenSession;
use crate::{Error, Result};

/// The runs that a session has open: shared by its clones, so that one can end what another began.
#[derive(Debug, Clone, Default)]
pub struct OpenRuns(Arc<Mutex<Option<OpenSession>>>);

impl OpenRuns {
    pub(super) fn set(&self, open: Option<OpenSession>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = open;
    }

    fn get(&self) -> Option<OpenSession> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Session {
    /// Sends every pending session, oldest first: what broke off while it was recorded, or could not be recorded because
    /// the tracker was away. One that cannot go on for a reason of its own is told of and stays pending.
    ///
    /// # Errors
    /// Those of a tracker that is away: no other session could be sent either.
    pub async fn send_pending(&self, progress: Listener<'_>) -> Result<Vec<TrainingReport>> {
        let files = PendingFiles::within(&self.directory);
        let (mut waiting, mut sent) = (Vec::new(), Vec::new());
        let failed = |error: Error| progress(Progress::NotResumed { reason: error.to_string() });
        for session_key in files.keys() {
            match files.read(&session_key) {
                Ok((pending, plan)) => waiting.push((pending, plan, session_key)),
                Err(error) => failed(error),
            }
        }
        waiting.sort_by_key(|(pending, _, _)| pending.written_at);
        for (pending, plan, session_key) in waiting {
            progress(Progress::Resumed { as_of: pending.as_of });
            let resumed = async {
                // The plan stays as it was: what was not there then has no part in the session now.
                let (_, imported) = self.imported(&plan).await?;
                let dataset = self.dataset(&plan, pending.as_of).await?;
                let found = plan.session_key(&dataset.digest());
                if found != session_key {
                    let path = files.path(&session_key).display().to_string();
                    let reason = "the warehouse says otherwise of its rows by now".to_owned();
                    return Err(Error::Pending { path, reason });
                }
                self.run(&plan, &imported, dataset, session_key, pending.written_at, progress).await
            };
            match resumed.await {
                Ok(report) => sent.push(report),
                Err(error) if error.is_tracker_away() => return Err(error),
                Err(error) => failed(error),
            }
        }
        Ok(sent)
    }

    /// Ends the runs that this session has open as KILLED, with the reason; none when it has none.
    ///
    /// For whoever has just dropped the future of [`Session::train`]: the next one goes on in the same runs.
    ///
    /// # Errors
    /// Those of the tracker.
    pub async fn interrupt(&self, reason: &str) -> Result<()> {
        match self.open_runs.get() {
            Some(open) => open.end(&self.tracker, RunStatus::Killed, reason).await,
            None => Ok(()),
        }
    }
}

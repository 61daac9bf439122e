//! Runs of sessions: found by their tags, begun, gone on with, ended.

use std::collections::BTreeMap;

use weekahead_tracker::{NewRun, Run, RunStatus, SearchRuns, Tracker};

use super::worker::{Worker, is_dead};
use super::{FAILURE_TAG, MODEL_TAG, SESSION_TAG};
use crate::Result;

/// A session in the tracker, by what it takes to find its runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSession {
    pub(super) experiment_id: String,
    pub(super) session_key: String,
    pub(super) now_ms: i64,
}

impl OpenSession {
    /// Ends all runs of the session that run, with the reason: a run that nobody works on must not say that it runs.
    pub(crate) async fn end(&self, tracker: &Tracker, status: RunStatus, reason: &str) -> Result<()> {
        for run in running(tracker, &self.experiment_id).await? {
            if run.data.tags.get(SESSION_TAG) == Some(&self.session_key) {
                tracker.set_tag(&run.info.run_id, FAILURE_TAG, reason).await?;
                let end_ms = self.now_ms.max(run.info.start_time_ms);
                tracker.finish_run(&run.info.run_id, status, end_ms).await?;
            }
        }
        Ok(())
    }

    /// Ends the runs of other sessions of the experiment whose process is gone, as KILLED.
    pub(super) async fn end_dead_others(&self, tracker: &Tracker, here: &Worker) -> Result<()> {
        let parent = |run: &Run| run.data.tags.get(MODEL_TAG).is_some_and(String::is_empty);
        for run in running(tracker, &self.experiment_id).await?.into_iter().filter(parent) {
            let Some(session_key) = run.data.tags.get(SESSION_TAG) else { continue };
            if *session_key == self.session_key {
                continue;
            }
            if let Some(reason) = is_dead(&run.data.tags, here) {
                tracing::info!(session_key, reason, "ending the runs of a session that broke off");
                let dead = Self { session_key: session_key.clone(), ..self.clone() };
                dead.end(tracker, RunStatus::Killed, &reason).await?;
            }
        }
        Ok(())
    }
}

/// The runs of sessions that run: no run without our tag is looked at.
async fn running(tracker: &Tracker, experiment_id: &str) -> Result<Vec<Run>> {
    let mut search = SearchRuns::in_experiment(experiment_id);
    search.filter = format!("attributes.status = 'RUNNING' AND tags.`{SESSION_TAG}` != ''");
    Ok(tracker.search_runs(&search).await?)
}

/// A run with tags.
pub(super) fn new_run(experiment: &str, name: &str, now_ms: i64, tags: &[(&str, &str)]) -> NewRun {
    let mut run = NewRun::new(experiment, name, now_ms);
    run.user = "weekahead".to_owned();
    run.source = "weekahead train".to_owned();
    run.tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    run
}

/// The runs of a session by their model, the session's own under the empty name. Of two of one model, the newest.
pub(super) async fn runs_of_session(
    tracker: &Tracker,
    experiment_id: &str,
    session_key: &str,
) -> Result<BTreeMap<String, Run>> {
    let mut search = SearchRuns::in_experiment(experiment_id);
    search.filter = format!("tags.`{SESSION_TAG}` = '{session_key}'");
    let newest_first = tracker.search_runs(&search).await?.into_iter();
    let named = newest_first.map(|run| (run.data.tags.get(MODEL_TAG).cloned().unwrap_or_default(), run));
    Ok(named.rev().collect())
}

/// Lets a run that was ended before its time run again, and forgets why it had ended.
pub(super) async fn reopen(tracker: &Tracker, run: &Run) -> Result<()> {
    if run.data.tags.contains_key(FAILURE_TAG) {
        tracker.delete_tag(&run.info.run_id, FAILURE_TAG).await?;
    }
    if run.info.status != RunStatus::Running {
        tracker.resume_run(&run.info.run_id).await?;
    }
    Ok(())
}

/// Writes down who works on a run.
pub(super) async fn sign(tracker: &Tracker, run: &Run, worker: &Worker) -> Result<()> {
    let batch = weekahead_tracker::Batch { tags: worker.tags(), ..Default::default() };
    Ok(tracker.log_batch(&run.info.run_id, &batch).await?)
}

/// Tags as the tracker takes them.
pub(super) fn tags<const N: usize>(named: [(&str, String); N]) -> BTreeMap<String, String> {
    named.map(|(key, value)| (key.to_owned(), value)).into()
}

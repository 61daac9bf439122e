//! Rows of many requests in one run of a model.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use ndarray::{Array2, ArrayBase, Axis, concatenate, s};
use tokio::sync::oneshot;
use weekahead_models::Outputs;
use weekahead_models::onnx::OnnxSession;

use crate::measures::Measures;
use crate::{Error, Result};

/// The most rows of a run: what a request waits for, at most, before its own rows have their turn.
const MOST_ROWS: usize = 256;

/// Runs a model for many requests at once.
///
/// There is no timer. A request that finds the model free runs its rows at once; those that come while it runs wait, and are run
/// together when it is free again. So batches grow with the load, and nobody waits for company.
///
/// Rows are run in the order in which they came. A run that fails is repeated request by request, so that an error reaches the one
/// that it is about alone.
#[derive(Debug)]
pub(crate) struct Batching {
    session: OnnxSession,
    waiting: Mutex<VecDeque<Waiting>>,
    /// Held by whoever runs the model.
    running: Mutex<()>,
    measures: Arc<Measures>,
}

#[derive(Debug)]
struct Waiting {
    rows: Array2<f32>,
    answer: oneshot::Sender<Result<Outputs>>,
}

impl Batching {
    pub(crate) fn new(session: OnnxSession, measures: Arc<Measures>) -> Self {
        Self { session, waiting: Mutex::default(), running: Mutex::default(), measures }
    }

    pub(crate) fn session(&self) -> &OnnxSession {
        &self.session
    }

    /// Point forecasts and quantiles of rows; more than [`MOST_ROWS`] are run in parts, between which others have their turn.
    ///
    /// # Errors
    /// [`Error::Model`] when the rows have another number of features, or the model fails on them.
    pub(crate) async fn score(self: &Arc<Self>, rows: Array2<f32>) -> Result<Outputs> {
        let (expected, found) = (self.session.meta().features.len(), rows.ncols());
        if expected != found {
            let what = "a row of features";
            return Err(weekahead_models::Error::Shape { what, expected, found }.into());
        }
        if rows.is_empty() {
            return Ok(self.session.run(rows.view())?);
        }
        let parts = self.enqueue(rows);
        if self.run_next() {
            let this = Arc::clone(self);
            tokio::spawn(async move {
                while this.run_next() {
                    tokio::task::yield_now().await;
                }
            });
        }
        let mut answers = Vec::with_capacity(parts.len());
        for part in parts {
            // The sender is dropped unanswered only by a panic in the run.
            let lost = |_| Error::Unanswered;
            answers.push(part.await.map_err(lost)??);
        }
        in_one(answers)
    }

    fn enqueue(&self, rows: Array2<f32>) -> Vec<oneshot::Receiver<Result<Outputs>>> {
        let mut waiting = lock(&self.waiting);
        let mut enqueue = |rows| {
            let (answer, told) = oneshot::channel();
            waiting.push_back(Waiting { rows, answer });
            told
        };
        if rows.nrows() <= MOST_ROWS {
            return vec![enqueue(rows)];
        }
        let starts = (0..rows.nrows()).step_by(MOST_ROWS);
        let part = |start: usize| rows.slice(s![start..(start + MOST_ROWS).min(rows.nrows()), ..]).to_owned();
        starts.map(|start| enqueue(part(start))).collect()
    }

    /// Runs what is waiting, if nobody else is running the model. Says whether more is waiting that nobody may be looking at.
    fn run_next(&self) -> bool {
        match self.running.try_lock() {
            Ok(_running) => self.answer(self.take()),
            // Whoever panicked has left: those that it had taken are told, the others have their turn.
            Err(TryLockError::Poisoned(_)) => self.running.clear_poison(),
            // Whoever runs looks again once it has let go of the model.
            Err(TryLockError::WouldBlock) => return false,
        }
        !lock(&self.waiting).is_empty()
    }

    /// Counts a run and does it.
    fn answer(&self, requests: Vec<Waiting>) {
        if !requests.is_empty() {
            let rows = requests.iter().map(|request| request.rows.nrows()).sum();
            self.measures.ran(rows, requests.len());
        }
        answer(&self.session, requests);
    }

    /// As many requests as fit into a run, and at least one where any is waiting.
    fn take(&self) -> Vec<Waiting> {
        let mut waiting = lock(&self.waiting);
        let (mut taken, mut rows) = (Vec::new(), 0);
        while let Some(next) = waiting.front() {
            rows += next.rows.nrows();
            if rows > MOST_ROWS && !taken.is_empty() {
                break;
            }
            taken.extend(waiting.pop_front());
        }
        taken
    }
}

/// Runs requests together and hands each its own rows; where that fails, each by itself.
fn answer(session: &OnnxSession, requests: Vec<Waiting>) {
    let Some(outputs) = run_together(session, &requests) else {
        for Waiting { rows, answer } in requests {
            tell(answer, session.run(rows.view()).map_err(Error::from));
        }
        return;
    };
    let mut start = 0;
    for Waiting { rows, answer } in requests {
        let end = start + rows.nrows();
        tell(answer, Ok(rows_of(&outputs, start..end)));
        start = end;
    }
}

/// The outputs of the rows of several requests; `None` for a single request, and when the run fails.
fn run_together(session: &OnnxSession, requests: &[Waiting]) -> Option<Outputs> {
    if requests.len() < 2 {
        return None;
    }
    let views: Vec<_> = requests.iter().map(|request| request.rows.view()).collect();
    session.run(concatenate(Axis(0), &views).ok()?.view()).ok()
}

/// Whoever asked may have gone away since.
fn tell(answer: oneshot::Sender<Result<Outputs>>, outputs: Result<Outputs>) {
    let _ = answer.send(outputs);
}

fn rows_of(outputs: &Outputs, rows: Range<usize>) -> Outputs {
    Outputs {
        y: outputs.y.slice(s![rows.clone()]).to_owned(),
        quantiles: outputs.quantiles.slice(s![rows.clone(), ..]).to_owned(),
        scale: outputs.scale.as_ref().map(|scale| scale.slice(s![rows]).to_owned()),
    }
}

/// The outputs of the parts of a request, in their order.
fn in_one(mut parts: Vec<Outputs>) -> Result<Outputs> {
    if parts.len() == 1
        && let Some(outputs) = parts.pop()
    {
        return Ok(outputs);
    }
    let misshapen = |error: ndarray::ShapeError| {
        Error::from(weekahead_models::Error::Inference { reason: error.to_string() })
    };
    let y: Vec<_> = parts.iter().map(|part| part.y.view()).collect();
    let quantiles: Vec<_> = parts.iter().map(|part| part.quantiles.view()).collect();
    let scale: Option<Vec<_>> = parts.iter().map(|part| part.scale.as_ref().map(ArrayBase::view)).collect();
    Ok(Outputs {
        y: concatenate(Axis(0), &y).map_err(misshapen)?,
        quantiles: concatenate(Axis(0), &quantiles).map_err(misshapen)?,
        scale: scale.map(|scale| concatenate(Axis(0), &scale)).transpose().map_err(misshapen)?,
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A queue is never left half changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;

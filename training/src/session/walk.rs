//! Walking the models of a plan through the folds.

use std::sync::Arc;

use super::{Progress, Session};
use crate::{Backtest, Dataset, Error, ExperimentPlan, Result, backtest, folds};

impl Session {
    /// On a thread of its own: fitting would hold up the runtime.
    pub(super) async fn backtest_all(
        &self,
        plan: &ExperimentPlan,
        dataset: &Arc<Dataset>,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Vec<Backtest>> {
        let folds = Arc::new(folds(dataset, &self.calendar, &plan.settings)?);
        progress(Progress::Dataset { rows: dataset.len(), folds: folds.len() });
        let mut backtests = Vec::with_capacity(plan.models.len());
        for spec in &plan.models {
            let (dataset, folds) = (Arc::clone(dataset), Arc::clone(&folds));
            let (spec, settings) = (spec.clone(), plan.settings.clone());
            let model = spec.to_string();
            let walked = tokio::task::spawn_blocking(move || backtest(&dataset, &folds, &spec, &settings));
            backtests.push(walked.await.map_err(|_| Error::Interrupted)??);
            progress(Progress::Backtested { model, done: backtests.len(), whole: plan.models.len() });
        }
        Ok(backtests)
    }
}

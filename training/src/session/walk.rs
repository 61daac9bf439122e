//! Walking the models of a plan through the folds, each fold once, each model for itself.

use std::sync::Arc;

use weekahead_market::Calendar;
use weekahead_models::onnx::OnnxRuntime;
use weekahead_models::{ModelInput, ModelSpec};

use super::{Exclusion, Listener, Progress};
use crate::backtest::{assemble, calibrate_imported, forecast_fold, test_rows};
use crate::evaluation::Fold;
use crate::fixed::FixedForecasts;
use crate::imports::{ImportedModel, ImportedModels};
use crate::{
    Artifact, Backtest, Dataset, Error, ExperimentPlan, FoldForecasts, FoldStore, Result, export, fit_on_all,
};

/// What a walk works with.
pub(super) struct Walk<'a> {
    pub(super) dataset: &'a Arc<Dataset>,
    pub(super) folds: &'a Arc<Vec<Fold>>,
    pub(super) plan: &'a ExperimentPlan,
    pub(super) imported: &'a ImportedModels,
    pub(super) calendar: &'a Calendar,
    pub(super) runtime: &'a OnnxRuntime,
    pub(super) store: &'a FoldStore,
    pub(super) progress: Listener<'a>,
}

/// A model that went all the way.
#[derive(Debug, Clone)]
pub(super) struct Trained {
    pub(super) backtest: Backtest,
    /// `None` for a model that no artifact can hold.
    pub(super) artifact: Option<Artifact>,
}

/// The models of a plan, in its order, the baseline first.
#[derive(Debug, Clone)]
pub(super) struct Walked {
    pub(super) trained: Vec<Trained>,
    pub(super) excluded: Vec<Exclusion>,
}

impl Walk<'_> {
    /// Walks all models, one after another. A model that fails is left out, but the baseline.
    pub(super) async fn all(&self) -> Result<Walked> {
        let mut walked = Walked { trained: Vec::with_capacity(self.plan.models.len()), excluded: Vec::new() };
        for (at, spec) in self.plan.models.iter().enumerate() {
            match self.model(at, spec).await {
                Ok(trained) => walked.trained.push(trained),
                Err(error) if at > 0 && error.is_of_one_model() => {
                    let exclusion = Exclusion { model: spec.clone(), reason: error.to_string() };
                    (self.progress)(Progress::Excluded(exclusion.clone()));
                    self.tell(at, spec, self.steps());
                    walked.excluded.push(exclusion);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(walked)
    }

    async fn model(&self, at: usize, spec: &ModelSpec) -> Result<Trained> {
        let imported = self.imported.of(spec)?;
        let mut forecasts = Vec::with_capacity(self.folds.len());
        let mut fixed = None;
        for fold in 0..self.folds.len() {
            forecasts.push(self.fold(spec, imported, fold, &mut fixed).await?);
            self.tell(at, spec, fold + 1);
        }
        let backtest = assemble(self.dataset, self.folds, spec, &self.plan.settings, forecasts)?;
        let artifact = match spec.input() {
            ModelInput::Features => Some(self.artifact(spec, imported).await?),
            ModelInput::Closes(_) => None,
        };
        self.tell(at, spec, self.steps());
        Ok(Trained { backtest, artifact })
    }

    /// The forecasts of a fold: those on disk, else computed now and put there. What does not change from fold to fold is
    /// computed at the first that asks for it.
    async fn fold(
        &self,
        spec: &ModelSpec,
        imported: Option<&ImportedModel>,
        index: usize,
        fixed: &mut Option<Arc<Option<FixedForecasts>>>,
    ) -> Result<FoldForecasts> {
        let rows = test_rows(self.dataset, &self.folds[index]).len();
        let fits = |kept: &FoldForecasts| {
            let has_no_part = imported.is_some() && kept.points.is_empty();
            (has_no_part || kept.points.len() == rows)
                && kept.quantiles.len() == kept.points.len() * self.plan.settings.levels.len()
        };
        if let Some(kept) = self.store.fold(spec, index).filter(fits) {
            return Ok(kept);
        }
        let fixed = match fixed {
            Some(fixed) => Arc::clone(fixed),
            None => Arc::clone(fixed.insert(Arc::new(self.fixed(spec, imported).await?))),
        };
        let (dataset, folds) = (Arc::clone(self.dataset), Arc::clone(self.folds));
        let (model, settings) = (spec.clone(), self.plan.settings.clone());
        let fit = move || forecast_fold(&dataset, &folds[index], &model, &settings, fixed.as_ref().as_ref());
        let forecasts = apart(spec, fit).await?;
        self.store.keep_fold(spec, index, &forecasts)?;
        Ok(forecasts)
    }

    async fn fixed(
        &self,
        spec: &ModelSpec,
        imported: Option<&ImportedModel>,
    ) -> Result<Option<FixedForecasts>> {
        let (dataset, calendar) = (Arc::clone(self.dataset), self.calendar.clone());
        let (model, settings, imported) = (spec.clone(), self.plan.settings.clone(), imported.cloned());
        let forecast = move || match &imported {
            Some(imported) => FixedForecasts::of_imported(&dataset, &calendar, imported).map(Some),
            None => FixedForecasts::of(&dataset, &calendar, &model, &settings),
        };
        apart(spec, forecast).await
    }

    /// The model fitted on all rows and exported: the one on disk, else computed now and put there.
    async fn artifact(&self, spec: &ModelSpec, imported: Option<&ImportedModel>) -> Result<Artifact> {
        if let Some(kept) = self.store.artifact(spec) {
            return Ok(kept);
        }
        let (dataset, calendar) = (Arc::clone(self.dataset), self.calendar.clone());
        let (model, settings, runtime) = (spec.clone(), self.plan.settings.clone(), self.runtime.clone());
        let imported = imported.cloned();
        let fit = move || {
            let fitted = match &imported {
                Some(imported) => calibrate_imported(&dataset, &calendar, imported, &settings)?,
                None => fit_on_all(&dataset, &calendar, &model, &settings)?,
            };
            export(&dataset, &model, &fitted, &settings, &runtime)
        };
        let artifact = apart(spec, fit).await?;
        self.store.keep_artifact(spec, &artifact)?;
        Ok(artifact)
    }

    /// Every fold is a step, and the fit on all rows is one.
    fn steps(&self) -> usize {
        self.folds.len() + 1
    }

    fn tell(&self, at: usize, spec: &ModelSpec, steps: usize) {
        (self.progress)(Progress::Fitted {
            model: spec.to_string(),
            done: at * self.steps() + steps,
            whole: self.plan.models.len() * self.steps(),
        });
    }
}

/// On a thread of its own: fitting would hold up the runtime, and a panic ends there.
pub(super) async fn apart<T: Send + 'static>(
    spec: &ModelSpec,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|ended| match ended.try_into_panic() {
        Ok(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            let message = text.unwrap_or("without a message").to_owned();
            Err(Error::Panicked { model: spec.to_string(), message })
        }
        Err(_) => Err(Error::Interrupted),
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Mutex;

    use super::*;
    use crate::session::testing::{dataset, plan, runtime};
    use crate::{backtest, folds};

    /// Walks a plan with what is on disk, and counts fits by the files that appear.
    async fn walk(directory: &Path, plan: &ExperimentPlan, progress: Listener<'_>) -> Result<Walked> {
        let calendar = Calendar::nyse();
        let dataset = Arc::new(dataset(&calendar));
        let folds = Arc::new(folds(&dataset, &calendar, &plan.settings).unwrap());
        let store = FoldStore::open(directory, "key").unwrap();
        let (calendar, runtime) = (&calendar, &runtime());
        let (dataset, folds, store) = (&dataset, &folds, &store);
        let imported = &ImportedModels::default();
        Walk { dataset, folds, plan, imported, calendar, runtime, store, progress }.all().await
    }

    fn bits(walked: &Walked) -> Vec<(String, Vec<u64>, Vec<u8>)> {
        let of_model = |trained: &Trained| {
            let Backtest { spec, points, quantiles, .. } = &trained.backtest;
            let bits = points.iter().chain(quantiles).map(|value| value.to_bits()).collect();
            (
                spec.to_string(),
                bits,
                trained.artifact.as_ref().map_or_else(Vec::new, |artifact| artifact.bytes.clone()),
            )
        };
        walked.trained.iter().map(of_model).collect()
    }

    fn files(directory: &Path) -> Vec<(std::path::PathBuf, std::time::SystemTime)> {
        let mut found = Vec::new();
        for model in std::fs::read_dir(directory.join("key")).unwrap().flatten() {
            for file in std::fs::read_dir(model.path()).into_iter().flatten().flatten() {
                found.push((file.path(), file.metadata().unwrap().modified().unwrap()));
            }
        }
        found.sort();
        found
    }

    #[tokio::test]
    async fn a_walk_that_broke_off_fits_only_what_is_missing() {
        let plan = plan(vec![ModelSpec::RandomWalk, ModelSpec::Ridge { alpha: 1.0 }]);
        let (undisturbed, disturbed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let expected = walk(undisturbed.path(), &plan, &|_| {}).await.unwrap();

        // Dropped at the second fold of the second model.
        let stop = tokio::sync::Notify::new();
        let listen = |progress: Progress| {
            if matches!(progress, Progress::Fitted { model, done, whole } if model.starts_with("ridge") && done == whole / 2 + 2)
            {
                stop.notify_one();
            }
        };
        tokio::select! {
            biased;
            () = stop.notified() => {}
            _ = walk(disturbed.path(), &plan, &listen) => panic!("it went on to the end"),
        }
        let kept = files(disturbed.path());
        assert!(kept.len() < files(undisturbed.path()).len());
        let resumed = walk(disturbed.path(), &plan, &|_| {}).await.unwrap();
        assert_eq!(bits(&resumed), bits(&expected));
        let now = files(disturbed.path());
        assert!(kept.iter().all(|file| now.contains(file)), "a fold was fitted twice");
        assert_eq!(now.len(), files(undisturbed.path()).len());

        // A torn fold is fitted again, and an uninterrupted backtest without any disk is the same.
        std::fs::write(&now[0].0, "torn").unwrap();
        assert_eq!(bits(&walk(disturbed.path(), &plan, &|_| {}).await.unwrap()), bits(&expected));
        let calendar = Calendar::nyse();
        let dataset = dataset(&calendar);
        let folds = folds(&dataset, &calendar, &plan.settings).unwrap();
        let plain = backtest(&dataset, &folds, &plan.models[1], &plan.settings).unwrap();
        assert_eq!(plain.points, expected.trained[1].backtest.points);
    }

    #[tokio::test]
    async fn a_model_that_fails_leaves_the_others_alone() {
        let unknown = ModelSpec::Drift { feature: "nowhere".to_owned() };
        let wrong = ModelSpec::Ridge { alpha: -1.0 };
        let plan = plan(vec![
            ModelSpec::RandomWalk,
            unknown.clone(),
            wrong.clone(),
            ModelSpec::Ridge { alpha: 1.0 },
        ]);
        let directory = tempfile::tempdir().unwrap();
        let told = Mutex::new(Vec::new());
        let listen = |progress: Progress| told.lock().unwrap().push(progress);
        let walked = walk(directory.path(), &plan, &listen).await.unwrap();
        let trained: Vec<String> = walked.trained.iter().map(|t| t.backtest.spec.to_string()).collect();
        assert_eq!(trained, ["random_walk", "ridge(alpha=1)"]);
        let excluded: Vec<&ModelSpec> = walked.excluded.iter().map(|e| &e.model).collect();
        assert_eq!(excluded, [&unknown, &wrong]);
        assert!(walked.excluded[0].reason.contains("nowhere"), "{walked:?}");
        let told = told.into_inner().unwrap();
        assert!(matches!(told.last(), Some(Progress::Fitted { done, whole, .. }) if done == whole));
        assert_eq!(told.iter().filter(|told| matches!(told, Progress::Excluded(_))).count(), 2);
    }

    #[tokio::test]
    async fn without_the_baseline_there_is_no_session() {
        let plan = plan(vec![ModelSpec::Drift { feature: "nowhere".to_owned() }, ModelSpec::RandomWalk]);
        let directory = tempfile::tempdir().unwrap();
        let error = walk(directory.path(), &plan, &|_| {}).await.unwrap_err();
        assert!(error.to_string().contains("nowhere"), "{error}");
    }

    #[tokio::test]
    async fn a_panic_is_an_error_of_its_model() {
        let error = apart::<()>(&ModelSpec::RandomWalk, || panic!("index {}", 7)).await.unwrap_err();
        assert_eq!(error.to_string(), "random_walk panicked: index 7");
        assert!(error.is_of_one_model());
    }
}

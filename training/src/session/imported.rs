//! Looking up the imported models that a plan names.

use weekahead_models::ModelSpec;
use weekahead_models::onnx::ForeignModel;

use super::Session;
use super::walk::apart;
use crate::imports::{ImportStore, ImportedModel, ImportedModels, Wanted};
use crate::{ExperimentPlan, Result};

impl Session {
    /// The plan with every imported model named by its digest, and the models. One that cannot be had keeps its name, and its
    /// reason.
    ///
    /// By its digest a model is the same however often its session is continued, and whatever is imported meanwhile.
    ///
    /// # Errors
    /// Those of the tracker; a plan without imported models does not ask it.
    pub(super) async fn imported(&self, plan: &ExperimentPlan) -> Result<(ExperimentPlan, ImportedModels)> {
        let (mut named, mut models) = (plan.clone(), ImportedModels::default());
        for spec in &mut named.models {
            let ModelSpec::Imported { name, digest } = spec else { continue };
            let (name, digest) = (name.clone(), digest.clone());
            match self.import(plan, &name, digest.as_deref()).await {
                Ok((import, _)) if models.knows(&import) => {
                    let reason = "it is the same import as another model of the plan".to_owned();
                    models.add(spec.clone(), Err(reason));
                }
                Ok((import, model)) => {
                    *spec = import.clone();
                    models.add(import, Ok(model));
                }
                Err(crate::Error::Import { reason, .. }) => models.add(spec.clone(), Err(reason)),
                Err(error) if error.is_of_one_model() => models.add(spec.clone(), Err(error.to_string())),
                Err(error) => return Err(error),
            }
        }
        Ok((named, models))
    }

    async fn import(
        &self,
        plan: &ExperimentPlan,
        name: &str,
        digest: Option<&str>,
    ) -> Result<(ModelSpec, ImportedModel)> {
        let store = ImportStore { tracker: self.tracker.clone(), experiment: plan.experiment.clone() };
        let (view_version, horizon) = (plan.view.version(), plan.settings.horizon);
        let (import, bytes) = store.find(&Wanted { name, digest, view_version, horizon }).await?;
        let spec = ModelSpec::Imported { name: name.to_owned(), digest: Some(import.digest()) };
        let (runtime, features) = (self.runtime.clone(), plan.view.features().to_vec());
        let open = move || {
            let model = ForeignModel::open(&runtime, &bytes, &import.settings)?;
            let model = model.for_view(&features, &import.features)?;
            Ok(ImportedModel { model, trained_until: import.trained_until })
        };
        Ok((spec.clone(), apart(&spec, open).await?))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use ndarray::Axis;
    use weekahead_market::{Calendar, Session as TradingSession};
    use weekahead_models::onnx::ForeignSettings;

    use super::super::testing::{dataset, plan, runtime};
    use super::super::walk::{Walk, Walked};
    use super::*;
    use crate::{FoldStore, export, fit_on_all, folds};

    fn spec() -> ModelSpec {
        ModelSpec::Imported { name: "other".to_owned(), digest: Some("0123".to_owned()) }
    }

    /// A ridge of ours, as if another tool had written its file.
    fn foreign() -> ForeignModel {
        let (calendar, runtime, ridge) = (Calendar::nyse(), runtime(), ModelSpec::Ridge { alpha: 1.0 });
        let (dataset, settings) = (dataset(&calendar), plan(Vec::new()).settings);
        let fitted = fit_on_all(&dataset, &calendar, &ridge, &settings).unwrap();
        let artifact = export(&dataset, &ridge, &fitted, &settings, &runtime).unwrap();
        let taken = ForeignSettings { output: Some("y".to_owned()), ..ForeignSettings::default() };
        let model = ForeignModel::open(&runtime, &artifact.bytes, &taken).unwrap();
        model.for_view(&dataset.features, &dataset.features).unwrap()
    }

    async fn walk(directory: &Path, model: &ForeignModel, trained_until: TradingSession) -> Walked {
        let calendar = &Calendar::nyse();
        let plan = &plan(vec![ModelSpec::RandomWalk, spec()]);
        let dataset = &Arc::new(dataset(calendar));
        let folds = &Arc::new(folds(dataset, calendar, &plan.settings).unwrap());
        let store = &FoldStore::open(directory, "key").unwrap();
        let mut imported = ImportedModels::default();
        imported.add(spec(), Ok(ImportedModel { model: model.clone(), trained_until }));
        let (imported, runtime) = (&imported, &runtime());
        Walk { dataset, folds, plan, imported, calendar, runtime, store, progress: &|_| {} }
            .all()
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn an_imported_model_is_tested_on_origins_that_it_has_not_seen() {
        let (model, directory) = (foreign(), tempfile::tempdir().unwrap());
        let trained_until = "2011-12-02".parse().unwrap();
        let walked = walk(directory.path(), &model, trained_until).await;
        let [baseline, imported] = walked.trained.as_slice() else { panic!("{:?}", walked.excluded) };
        let calendar = Calendar::nyse();
        let dataset = dataset(&calendar);
        let origin = |row: usize| dataset.keys[row].origin;
        // A year of calibration lies between what it has seen and what it is tested on, and folds stay whole.
        let (first, all) = (origin(imported.backtest.rows[0]), &baseline.backtest);
        assert!(calendar.weekly_origins(trained_until, first).len() > 52, "{first}");
        let whole = all.rows.iter().filter(|row| origin(**row) >= first).copied();
        assert_eq!(imported.backtest.rows, whole.collect::<Vec<_>>());
        assert!(imported.backtest.rows.len() < all.rows.len());
        let folds: Vec<usize> = imported.backtest.by_fold().map(|(fold, _)| fold).collect();
        let of_baseline: Vec<usize> = all.by_fold().map(|(fold, _)| fold).collect();
        assert!(folds[0] > 0 && of_baseline.ends_with(&folds), "{folds:?} {of_baseline:?}");
        let x = dataset.x.select(Axis(0), &imported.backtest.rows);
        assert_eq!(imported.backtest.points, model.predict(x.view()).unwrap().to_vec());
        assert!(imported.artifact.is_some());

        // What is on disk is taken again, folds without it included.
        let again = walk(directory.path(), &model, trained_until).await;
        assert_eq!(again.trained[1].backtest.quantiles, imported.backtest.quantiles);
        assert_eq!(again.trained[1].artifact, imported.artifact);
    }

    #[tokio::test]
    async fn a_model_that_has_seen_too_much_is_left_out() {
        let directory = tempfile::tempdir().unwrap();
        let walked = walk(directory.path(), &foreign(), "2013-06-28".parse().unwrap()).await;
        assert_eq!((walked.trained.len(), walked.excluded.len()), (1, 1));
        let reason = &walked.excluded[0].reason;
        assert!(reason.contains("later than what the model has seen: 0 are too few"), "{reason}");
    }
}

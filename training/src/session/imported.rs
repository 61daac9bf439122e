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

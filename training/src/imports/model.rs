//! The imported models of a plan, ready to run.

use weekahead_market::{Calendar, Horizon, Session};
use weekahead_models::ModelSpec;
use weekahead_models::onnx::ForeignModel;

use crate::{Error, Result};

/// A model of another tool, in the order of the view's features.
#[derive(Debug, Clone)]
pub(crate) struct ImportedModel {
    pub(crate) model: ForeignModel,
    /// The last origin whose target it may have seen.
    pub(crate) trained_until: Session,
}

impl ImportedModel {
    /// The session by which all targets are realised that it may have seen: it can be tested from later origins alone.
    ///
    /// # Errors
    /// [`Error::Market`] outside the calendar.
    pub(crate) fn seen_until(&self, calendar: &Calendar, horizon: Horizon) -> Result<Session> {
        Ok(calendar.offset(self.trained_until, horizon.get() as i64)?)
    }
}

/// The imported models that a plan names, or why there is none.
#[derive(Debug, Clone, Default)]
pub(crate) struct ImportedModels(Vec<(ModelSpec, std::result::Result<ImportedModel, String>)>);

impl ImportedModels {
    /// Whether a spec has been looked up already.
    pub(crate) fn knows(&self, spec: &ModelSpec) -> bool {
        self.0.iter().any(|(known, _)| known == spec)
    }

    /// What came of looking a spec up.
    pub(crate) fn add(&mut self, spec: ModelSpec, found: std::result::Result<ImportedModel, String>) {
        self.0.push((spec, found));
    }

    /// The model of a spec; `None` for one that is fitted here.
    ///
    /// # Errors
    /// [`Error::Import`] with the reason why there is none.
    pub(crate) fn of(&self, spec: &ModelSpec) -> Result<Option<&ImportedModel>> {
        let ModelSpec::Imported { name, .. } = spec else { return Ok(None) };
        let failed = |reason: &str| Error::Import { name: name.clone(), reason: reason.to_owned() };
        match self.0.iter().find(|(known, _)| known == spec) {
            Some((_, Ok(model))) => Ok(Some(model)),
            Some((_, Err(reason))) => Err(failed(reason)),
            None => Err(failed("it was not there when the session was begun")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_that_names_no_import_says_why() {
        let named = |name: &str| ModelSpec::Imported { name: name.to_owned(), digest: None };
        let mut models = ImportedModels::default();
        models.add(named("lost"), Err("the store has lost it".to_owned()));
        assert!(models.of(&ModelSpec::RandomWalk).unwrap().is_none());
        assert!(models.knows(&named("lost")) && !models.knows(&named("late")));
        let lost = models.of(&named("lost")).unwrap_err();
        assert!(lost.to_string().contains("`lost`") && lost.to_string().contains("has lost it"), "{lost}");
        let late = models.of(&named("late")).unwrap_err();
        assert!(late.is_of_one_model() && late.to_string().contains("was not there"), "{late}");
    }
}

//! What a model version stands on: the view, its version and the horizon, without which two models are not comparable.

use std::collections::BTreeMap;

use weekahead_tracker::{ModelVersion, Tracker};

use super::runs::tags;
use crate::{Dataset, Result};

/// The tag of a version's view.
const VIEW_TAG: &str = "weekahead.view";
/// The tag of the version of a version's view.
const VIEW_VERSION_TAG: &str = "weekahead.view_version";
/// The tag of the sessions that a version looks ahead.
const HORIZON_TAG: &str = "weekahead.horizon";

/// What a version was trained on and for, as far as the tracker tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ground {
    pub(crate) view: Option<String>,
    pub(crate) view_version: Option<String>,
    pub(crate) horizon: Option<String>,
}

impl Ground {
    /// That of a session's models.
    pub(crate) fn of(dataset: &Dataset) -> Self {
        Self {
            view: Some(dataset.view.clone()),
            view_version: Some(dataset.view_version.clone()),
            horizon: Some(dataset.horizon.to_string()),
        }
    }

    /// The tags of a version that stands on it.
    pub(super) fn tags(&self) -> BTreeMap<String, String> {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        tags([
            (VIEW_TAG, text(&self.view)),
            (VIEW_VERSION_TAG, text(&self.view_version)),
            (HORIZON_TAG, text(&self.horizon)),
        ])
    }

    /// What a version was trained on and for: by its tags, or by the parameters of its run where it has none.
    ///
    /// # Errors
    /// Those of the tracker, but for a run that is gone: nothing is known then.
    pub(crate) async fn of_version(tracker: &Tracker, version: &ModelVersion) -> Result<Self> {
        let tag = |name| version.tags.get(name).cloned();
        let said =
            Ground { view: tag(VIEW_TAG), view_version: tag(VIEW_VERSION_TAG), horizon: tag(HORIZON_TAG) };
        if said.view.is_some() {
            return Ok(said);
        }
        let params = match tracker.run(&version.run_id).await {
            Ok(run) => run.data.params,
            Err(error) if error.is_not_found() => BTreeMap::new(),
            Err(error) => return Err(error.into()),
        };
        let param = |name| params.get(name).cloned();
        Ok(Self {
            view: param("view"),
            view_version: param("view_version"),
            horizon: param("horizon_sessions"),
        })
    }
}

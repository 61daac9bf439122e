//! Experiments: the named groups that runs belong to.

use std::collections::BTreeMap;

use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::encoding::pairs;
use crate::{Error, Result, Tracker};

/// The tag that MLflow shows as a description.
pub(crate) const NOTE_TAG: &str = "mlflow.note.content";

/// A named group of runs.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Experiment {
    /// The server's id.
    pub experiment_id: String,
    /// The unique name.
    pub name: String,
    /// Where its runs' artifacts go.
    #[serde(default)]
    pub artifact_location: String,
    /// `active` or `deleted`.
    #[serde(default)]
    pub lifecycle_stage: String,
    /// The experiment's tags.
    #[serde(default, with = "pairs")]
    pub tags: BTreeMap<String, String>,
}

impl Tracker {
    /// The experiment of this name, created with the description when missing; two callers at once get the same one. The
    /// description of one that exists is left as people may have changed it.
    ///
    /// # Errors
    /// [`Error::ExperimentDeleted`] when it exists but was deleted.
    pub async fn get_or_create_experiment(&self, name: &str, description: &str) -> Result<Experiment> {
        if let Some(experiment) = self.experiment(name).await? {
            return experiment.active();
        }
        #[derive(Serialize)]
        struct Request<'a> {
            name: &'a str,
            #[serde(serialize_with = "pairs::serialize")]
            tags: BTreeMap<String, String>,
        }
        #[derive(Deserialize)]
        struct Answer {
            experiment_id: String,
        }
        // Names are unique, so a second creation does no harm.
        let tags = BTreeMap::from([(NOTE_TAG.to_owned(), description.to_owned())]);
        match self.send::<Answer>(Method::POST, "experiments/create", &Request { name, tags }).await {
            Ok(answer) => tracing::debug!(name, answer.experiment_id, "experiment created"),
            Err(Error::AlreadyExists { .. }) => {}
            Err(error) => return Err(error),
        }
        let found = self.experiment(name).await?;
        let missing = || Error::NotFound {
            call: "GET mlflow/experiments/get-by-name".into(),
            message: format!("experiment `{name}` vanished right after it was created"),
        };
        found.ok_or_else(missing)?.active()
    }

    /// The experiment of this name, deleted ones included, if there is one.
    ///
    /// # Errors
    /// Only those of the exchange; a missing experiment is `None`.
    pub async fn experiment(&self, name: &str) -> Result<Option<Experiment>> {
        #[derive(Deserialize)]
        struct Answer {
            experiment: Experiment,
        }
        match self.get::<Answer>("experiments/get-by-name", &[("experiment_name", name)]).await {
            Ok(answer) => Ok(Some(answer.experiment)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Experiment {
    fn active(self) -> Result<Experiment> {
        if self.lifecycle_stage == "deleted" {
            return Err(Error::ExperimentDeleted { name: self.name, experiment_id: self.experiment_id });
        }
        Ok(self)
    }
}

//! Logged models: MLflow 3's record of a model that a run made, with its own folder of artifacts.

use std::collections::BTreeMap;

use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::encoding::{Ignored, pairs};
use crate::{ModelOutput, Result, Tracker};

/// A model that a run made.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct LoggedModel {
    /// Its id, `m-` and 32 hexadecimal digits.
    pub model_id: String,
    /// The experiment it belongs to.
    pub experiment_id: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Where its files are.
    #[serde(default)]
    pub artifact_uri: String,
    /// Whether its files are all there.
    pub status: LoggedModelStatus,
    /// The run that made it.
    #[serde(default)]
    pub source_run_id: String,
    /// Its tags.
    #[serde(default, with = "pairs")]
    pub tags: BTreeMap<String, String>,
}

/// Whether a logged model can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum LoggedModelStatus {
    /// Its files are being written.
    #[serde(rename = "LOGGED_MODEL_PENDING")]
    Pending,
    /// It can be used.
    #[serde(rename = "LOGGED_MODEL_READY")]
    Ready,
    /// Writing its files failed.
    #[serde(rename = "LOGGED_MODEL_UPLOAD_FAILED")]
    UploadFailed,
    /// A status newer than this client.
    #[serde(other)]
    Unknown,
}

/// A logged model to be created.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NewLoggedModel {
    /// The experiment it belongs to.
    pub experiment_id: String,
    /// Its name.
    pub name: String,
    /// The kind of model, shown in the UI.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub model_type: String,
    /// The run that makes it.
    pub source_run_id: String,
    /// Its parameters.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", serialize_with = "pairs::serialize")]
    pub params: BTreeMap<String, String>,
    /// Its tags.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", serialize_with = "pairs::serialize")]
    pub tags: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Answer {
    model: Model,
}

#[derive(Deserialize)]
struct Model {
    info: LoggedModel,
}

impl Tracker {
    /// Creates a logged model, pending until [`Tracker::finish_logged_model`].
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] for a name with `/ : . % " '` in it.
    pub async fn create_logged_model(&self, model: &NewLoggedModel) -> Result<LoggedModel> {
        Ok(self.create::<Answer>("logged-models", model).await?.model.info)
    }

    /// Says whether a logged model's files are all there.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when there is no such model.
    pub async fn finish_logged_model(
        &self,
        model_id: &str,
        status: LoggedModelStatus,
    ) -> Result<LoggedModel> {
        #[derive(Serialize)]
        struct Request<'a> {
            model_id: &'a str,
            status: LoggedModelStatus,
        }
        let path = format!("logged-models/{model_id}");
        let answer: Answer = self.send(Method::PATCH, &path, &Request { model_id, status }).await?;
        Ok(answer.model.info)
    }

    /// A logged model.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when there is no such model.
    pub async fn logged_model(&self, model_id: &str) -> Result<LoggedModel> {
        Ok(self.get::<Answer>(&format!("logged-models/{model_id}"), &[]).await?.model.info)
    }

    /// Records that a run made a model.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when there is no such run.
    pub async fn log_output(&self, run_id: &str, model_id: &str, step: i64) -> Result<()> {
        #[derive(Serialize)]
        struct Request<'a> {
            run_id: &'a str,
            models: [ModelOutput; 1],
        }
        let models = [ModelOutput { model_id: model_id.to_owned(), step }];
        self.send::<Ignored>(Method::POST, "runs/outputs", &Request { run_id, models }).await?;
        Ok(())
    }
}

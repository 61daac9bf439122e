//! Logging a forecaster as ONNX so that stock MLflow loads it, and getting it back from the registry.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use bytes::Bytes;

use crate::mlmodel::{METADATA_FILE, ModelFiles, ONNX_FILE};
use crate::{
    Error, LoggedModelStatus, ModelMetadata, ModelVersion, NewLoggedModel, Result, RunInfo, Tracker,
};

/// A forecaster to be logged.
#[derive(Debug, Clone, PartialEq)]
pub struct OnnxModel {
    /// The graph: input `x`; outputs `y`, and `quantiles`, `offsets` and `scale` when the metadata has levels.
    pub bytes: Bytes,
    /// What its inputs and outputs mean; the signature follows from it.
    pub metadata: ModelMetadata,
    /// Some rows of inputs, each as long as the feature names; finite values only, may be empty.
    pub input_example: Vec<Vec<f32>>,
    /// Its parameters, shown with the logged model.
    pub params: BTreeMap<String, String>,
    /// Its tags, shown with the logged model.
    pub tags: BTreeMap<String, String>,
    /// When it was made, in milliseconds since 1970.
    pub created_at_ms: i64,
}

/// A logged model whose files are all there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedModelRef {
    /// The logged model, `m-...`; Python loads it as `models:/m-...`.
    pub model_id: String,
    /// The run that made it.
    pub run_id: String,
    /// Where its files are.
    pub artifact_uri: String,
}

/// Which version of a registered model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelSelector {
    /// The one that an alias points at.
    Alias(String),
    /// The one of this number.
    Version(u32),
}

impl FromStr for ModelSelector {
    type Err = Error;

    /// A number is a version, any other word an alias.
    fn from_str(text: &str) -> Result<Self> {
        match text.parse() {
            Ok(version) if version > 0 => Ok(Self::Version(version)),
            Err(_) if text.starts_with(char::is_alphabetic) => Ok(Self::Alias(text.to_owned())),
            _ => {
                let reason = "is no version: use its number, or an alias such as `champion`".to_owned();
                Err(Error::Model { name: text.to_owned(), reason })
            }
        }
    }
}

impl fmt::Display for ModelSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alias(alias) => f.write_str(alias),
            Self::Version(version) => version.fmt(f),
        }
    }
}

/// A registered version with its files.
#[derive(Debug, Clone, PartialEq)]
pub struct DownloadedModel {
    /// The version; `version.version` is its number and `version.run_id` the run that made it.
    pub version: ModelVersion,
    /// Its files by their path within the model's folder.
    pub files: BTreeMap<String, Bytes>,
}

impl Tracker {
    /// Logs a model under a run, the MLflow 3 way: a logged model with its own folder, ready once all files are there.
    ///
    /// # Errors
    /// [`Error::Model`], before anything is sent, when the input example does not fit the feature names or holds a
    /// value that JSON cannot; when writing a file fails, that error, and the logged model is marked as failed.
    pub async fn log_onnx_model(
        &self,
        run: &RunInfo,
        name: &str,
        model: &OnnxModel,
    ) -> Result<LoggedModelRef> {
        model.check(name)?;
        let created = self
            .create_logged_model(&NewLoggedModel {
                experiment_id: run.experiment_id.clone(),
                name: name.to_owned(),
                model_type: model.metadata.model_kind.clone(),
                source_run_id: run.run_id.clone(),
                params: model.params.clone(),
                tags: model.tags.clone(),
            })
            .await?;
        let logged = LoggedModelRef {
            model_id: created.model_id,
            run_id: run.run_id.clone(),
            artifact_uri: created.artifact_uri,
        };
        if let Err(error) = self.put_model_files(&logged, model).await {
            // The first error is the one to report, whatever becomes of the mark.
            let _ = self.finish_logged_model(&logged.model_id, LoggedModelStatus::UploadFailed).await;
            return Err(error);
        }
        self.log_output(&logged.run_id, &logged.model_id, 0).await?;
        self.finish_logged_model(&logged.model_id, LoggedModelStatus::Ready).await?;
        Ok(logged)
    }

    /// The files of a registered version.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such version or alias.
    pub async fn download_model(&self, name: &str, selector: &ModelSelector) -> Result<DownloadedModel> {
        let version = match selector {
            ModelSelector::Version(version) => self.model_version(name, *version).await?,
            ModelSelector::Alias(alias) => {
                let missing = || Error::NotFound {
                    call: "GET mlflow/registered-models/alias".into(),
                    message: format!("no version of model `{name}` has the alias `{alias}`"),
                };
                self.version_by_alias(name, alias).await?.ok_or_else(missing)?
            }
        };
        let files = self.get_artifacts(&self.version_location(&version).await?).await?;
        Ok(DownloadedModel { version, files })
    }

    async fn put_model_files(&self, logged: &LoggedModelRef, model: &OnnxModel) -> Result<()> {
        let files = ModelFiles {
            model_id: &logged.model_id,
            run_id: &logged.run_id,
            onnx: &model.bytes,
            metadata: &model.metadata,
            input_example: &model.input_example,
            created_at_ms: model.created_at_ms,
        };
        let files = files.all()?.into_iter().map(|(path, bytes)| (path.to_owned(), bytes));
        self.put_artifacts(&logged.artifact_uri, files).await
    }
}

impl OnnxModel {
    fn check(&self, name: &str) -> Result<()> {
        let wrong = |reason: String| Err(Error::Model { name: name.to_owned(), reason });
        let features = self.metadata.feature_names.len();
        for row in &self.input_example {
            if row.len() != features {
                return wrong(format!("an example row has {} values for {features} features", row.len()));
            }
            if !row.iter().all(|value| value.is_finite()) {
                return wrong("the input example holds NaN or infinity: choose rows without".into());
            }
        }
        Ok(())
    }
}

impl DownloadedModel {
    /// The graph.
    ///
    /// # Errors
    /// [`Error::Model`] when the version has no `model.onnx`.
    pub fn onnx(&self) -> Result<&Bytes> {
        self.file(ONNX_FILE)
    }

    /// What the graph's inputs and outputs mean.
    ///
    /// # Errors
    /// [`Error::Model`] when the version was not logged by weekahead.
    pub fn metadata(&self) -> Result<ModelMetadata> {
        let json = self.file(METADATA_FILE)?;
        serde_json::from_slice(json).map_err(|e| self.wrong(format!("{METADATA_FILE} cannot be read: {e}")))
    }

    fn file(&self, path: &str) -> Result<&Bytes> {
        let missing = || self.wrong(format!("it has no {path}: was it logged by weekahead?"));
        self.files.get(path).ok_or_else(missing)
    }

    fn wrong(&self, reason: String) -> Error {
        Error::Model { name: format!("{} version {}", self.version.name, self.version.version), reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_a_version_and_a_word_an_alias() {
        for (text, selector) in
            [("7", ModelSelector::Version(7)), ("champion", ModelSelector::Alias("champion".into()))]
        {
            assert_eq!(text.parse::<ModelSelector>().unwrap(), selector);
            assert_eq!(selector.to_string(), text);
        }
        for text in ["", "0", "-1", "1.5", "@champion"] {
            assert!(text.parse::<ModelSelector>().is_err(), "{text}");
        }
    }
}

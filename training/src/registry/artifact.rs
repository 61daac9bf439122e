//! Is the stored file of a version still the one that was registered, and does it run?

use serde::Serialize;
use weekahead_models::onnx::{ArtifactMeta, OnnxRuntime, OnnxSession, digest};
use weekahead_tracker::{Error as TrackerError, ModelSelector, ModelVersion};

use super::ModelRegistry;
use crate::{Error, Result};

/// How the artifact of a version is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArtifactState {
    /// The SHA-256 that was registered.
    pub digest: Option<String>,
    /// The size of the stored file, if it is the one that was registered.
    pub size_bytes: Option<u64>,
    /// What is wrong with the stored file.
    pub fault: Option<String>,
}

impl ModelRegistry {
    /// Reads the stored file and compares its digest with the registered one.
    pub(super) async fn artifact_state(&self, version: &ModelVersion) -> Result<ArtifactState> {
        let digest = version.tags.get(ModelVersion::DIGEST_TAG).cloned();
        match self.artifact(version).await {
            Ok(bytes) => Ok(ArtifactState { digest, size_bytes: Some(bytes.len() as u64), fault: None }),
            Err(Error::UnusableVersion { reason, .. }) => {
                Ok(ArtifactState { digest, size_bytes: None, fault: Some(reason) })
            }
            Err(error) => Err(error),
        }
    }

    /// A version that could answer, with what its artifact says of itself.
    pub(super) async fn usable(
        &self,
        runtime: &OnnxRuntime,
        number: u32,
    ) -> Result<(ModelVersion, ArtifactMeta)> {
        let version = self.version(&ModelSelector::Version(number)).await?;
        let bytes = self.artifact(&version).await?;
        let session = OnnxSession::from_bytes(runtime, &bytes)
            .map_err(|error| self.unusable(number, format!("ONNX Runtime cannot load it: {error}")))?;
        let meta = session.meta().clone();
        Ok((version, meta))
    }

    async fn artifact(&self, version: &ModelVersion) -> Result<Vec<u8>> {
        let number = version.version;
        let downloaded = self.tracker.download_model(&self.model, &ModelSelector::Version(number)).await;
        let bytes = downloaded.and_then(|files| files.onnx().map(|bytes| bytes.to_vec()));
        let bytes = bytes.map_err(|error| match error {
            TrackerError::NotFound { .. } | TrackerError::Model { .. } => {
                self.unusable(number, "the store has lost its model.onnx".to_owned())
            }
            error => error.into(),
        })?;
        match (version.tags.get(ModelVersion::DIGEST_TAG), digest(&bytes)) {
            (Some(registered), found) if *registered == found => Ok(bytes),
            (Some(registered), found) => {
                let reason = format!("its file was changed: digest {found}, but {registered} was registered");
                Err(self.unusable(number, reason))
            }
            (None, _) => Err(self.unusable(number, format!("it has no tag {}", ModelVersion::DIGEST_TAG))),
        }
    }

    fn unusable(&self, version: u32, reason: String) -> Error {
        Error::UnusableVersion { model: self.model.clone(), version, reason }
    }
}

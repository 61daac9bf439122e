//! The model that answers: which version it is, and its artifact ready to run.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Mutex;
use weekahead_market::AsOf;
use weekahead_models::onnx::{ArtifactMeta, OnnxRuntime, OnnxSession, digest};
use weekahead_tracker::{DownloadedModel, ModelSelector, ModelVersion, Tracker};
use weekahead_warehouse::Warehouse;

use crate::{Error, Result};

/// A model version, loaded and checked.
#[derive(Debug)]
pub struct Champion {
    /// The registered model.
    pub model: String,
    /// Its version.
    pub version: u32,
    /// The run that made it.
    pub run_id: String,
    /// The SHA-256 of the artifact.
    pub digest: String,
    /// The artifact, ready to run.
    pub session: OnnxSession,
}

impl Champion {
    /// What the artifact says of itself: view, features, horizon, levels.
    pub fn meta(&self) -> &ArtifactMeta {
        self.session.meta()
    }

    fn load(runtime: &OnnxRuntime, downloaded: &DownloadedModel) -> Result<Self> {
        let bytes = downloaded.onnx()?;
        let (version, found) = (&downloaded.version, digest(bytes));
        if let Some(registered) =
            version.tags.get(ModelVersion::DIGEST_TAG).filter(|registered| **registered != found)
        {
            let (model, registered) = (version.name.clone(), registered.clone());
            return Err(Error::Digest { model, version: version.version, found, registered });
        }
        Ok(Self {
            model: version.name.clone(),
            version: version.version,
            run_id: version.run_id.clone(),
            digest: found,
            session: OnnxSession::from_bytes(runtime, bytes)?,
        })
    }
}

/// Finds champions, now and then, and keeps those that were used loaded.
#[derive(Debug)]
pub struct Registry {
    warehouse: Warehouse,
    tracker: Tracker,
    runtime: OnnxRuntime,
    model: String,
    loaded: Mutex<BTreeMap<u32, Arc<Champion>>>,
}

impl Registry {
    /// The versions of one registered model.
    pub fn new(warehouse: Warehouse, tracker: Tracker, runtime: OnnxRuntime, model: &str) -> Self {
        Self { warehouse, tracker, runtime, model: model.to_owned(), loaded: Mutex::default() }
    }

    /// The version that holds the alias in the tracker now.
    ///
    /// # Errors
    /// [`Error::NoChampion`] when none does; errors of the tracker; [`Error::Digest`].
    pub async fn champion(&self, now: AsOf) -> Result<Arc<Champion>> {
        let version = self.tracker.version_by_alias(&self.model, ModelVersion::CHAMPION).await?;
        match version {
            Some(version) => self.version(version.version).await,
            None => Err(self.none(now)),
        }
    }

    /// The version that was champion at an instant, by the decisions that were recorded.
    ///
    /// # Errors
    /// As [`champion`](Self::champion).
    pub async fn champion_at(&self, as_of: AsOf) -> Result<Arc<Champion>> {
        let decisions = self.warehouse.promotions(as_of, &self.model).await?;
        match decisions.iter().rev().find(|decision| decision.promoted) {
            Some(decision) => self.version(decision.model_version).await,
            None => Err(self.none(as_of)),
        }
    }

    /// Checks that tracker and warehouse answer.
    ///
    /// # Errors
    /// The first that does not.
    pub async fn ready(&self, now: AsOf) -> Result<Arc<Champion>> {
        self.warehouse.ping().await?;
        self.champion(now).await
    }

    async fn version(&self, version: u32) -> Result<Arc<Champion>> {
        let mut loaded = self.loaded.lock().await;
        if let Some(champion) = loaded.get(&version) {
            return Ok(Arc::clone(champion));
        }
        let downloaded = self.tracker.download_model(&self.model, &ModelSelector::Version(version)).await?;
        let champion = Arc::new(Champion::load(&self.runtime, &downloaded)?);
        tracing::info!(model = self.model, version, digest = champion.digest, "model loaded");
        loaded.insert(version, Arc::clone(&champion));
        Ok(champion)
    }

    fn none(&self, as_of: AsOf) -> Error {
        Error::NoChampion { model: self.model.clone(), as_of }
    }
}

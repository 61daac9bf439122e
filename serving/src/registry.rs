//! Versions of a registered model: which one is champion, now and then, and each that was used, loaded.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;
use weekahead_market::AsOf;
use weekahead_models::onnx::OnnxRuntime;
use weekahead_tracker::{ModelSelector, ModelVersion, Run, Tracker};
use weekahead_warehouse::Warehouse;

use crate::measures::Measures;
use crate::{Error, LoadedModel, Result, spans};

/// Finds champions, now and then, and keeps those that were used loaded.
#[derive(Debug)]
pub struct Registry {
    warehouse: Warehouse,
    tracker: Tracker,
    runtime: OnnxRuntime,
    model: String,
    loaded: Mutex<BTreeMap<u32, Arc<OnceCell<Arc<LoadedModel>>>>>,
    measures: Arc<Measures>,
}

impl Registry {
    /// The versions of one registered model.
    pub fn new(warehouse: Warehouse, tracker: Tracker, runtime: OnnxRuntime, model: &str) -> Self {
        Self {
            warehouse,
            tracker,
            runtime,
            model: model.to_owned(),
            loaded: Mutex::default(),
            measures: Arc::default(),
        }
    }

    /// The name of the registered model.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// What its models are counted by.
    pub(crate) fn measures(&self) -> &Arc<Measures> {
        &self.measures
    }

    pub(crate) fn warehouse(&self) -> &Warehouse {
        &self.warehouse
    }

    /// The version that holds the alias in the tracker now.
    ///
    /// # Errors
    /// [`Error::NoChampion`] when none does; errors of the tracker; [`Error::Digest`].
    pub async fn champion(&self, now: AsOf) -> Result<Arc<LoadedModel>> {
        let version = self.tracker.version_by_alias(&self.model, ModelVersion::CHAMPION).await?;
        match version {
            Some(version) => self.version(version.version).await,
            None => Err(self.none(now)),
        }
    }

    /// The version that holds another alias now; `None` when none does, or the champion itself.
    ///
    /// # Errors
    /// As [`champion`](Self::champion).
    pub async fn shadow(&self, alias: &str, now: AsOf) -> Result<Option<Arc<LoadedModel>>> {
        let champion = self.champion(now).await?.version;
        match self.tracker.version_by_alias(&self.model, alias).await? {
            Some(shadow) if shadow.version != champion => self.version(shadow.version).await.map(Some),
            _ => Ok(None),
        }
    }

    /// The version that was champion at an instant, by the decisions that were recorded.
    ///
    /// # Errors
    /// As [`champion`](Self::champion).
    pub async fn champion_at(&self, as_of: AsOf) -> Result<Arc<LoadedModel>> {
        let decisions =
            spans::warehouse("read promotions", self.warehouse.promotions(as_of, &self.model)).await?;
        match decisions.iter().rev().find(|decision| decision.promoted) {
            Some(decision) => self.version(decision.model_version).await,
            None => Err(self.none(as_of)),
        }
    }

    /// All versions, newest first, and the aliases that point at some of them.
    ///
    /// # Errors
    /// Errors of the tracker.
    pub async fn versions(&self) -> Result<(Vec<ModelVersion>, BTreeMap<String, u32>)> {
        let versions = self.tracker.model_versions(&self.model).await?;
        Ok((versions, self.tracker.aliases(&self.model).await?))
    }

    /// Runs by their ids; those that the tracker does not have are left out.
    ///
    /// # Errors
    /// Errors of the tracker.
    pub async fn runs(&self, run_ids: impl IntoIterator<Item = String>) -> Result<BTreeMap<String, Run>> {
        Ok(self.tracker.runs(run_ids).await?)
    }

    /// A version, loaded at its first use. One whose artifact does not come holds up no other.
    ///
    /// # Errors
    /// Errors of the tracker, and of the artifact.
    pub async fn version(&self, version: u32) -> Result<Arc<LoadedModel>> {
        let cell = {
            let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(loaded.entry(version).or_default())
        };
        cell.get_or_try_init(|| self.load(version)).await.cloned()
    }

    async fn load(&self, version: u32) -> Result<Arc<LoadedModel>> {
        let selector = ModelSelector::Version(version);
        let downloaded = self.tracker.download_model(&self.model, &selector);
        let downloaded = spans::registry("download model", downloaded).await?;
        let loading = LoadedModel::load(&self.runtime, &downloaded, &self.measures)?;
        loading.warm_up()?;
        tracing::info!(model = self.model, version, digest = loading.digest, "model loaded");
        Ok(Arc::new(loading))
    }

    fn none(&self, as_of: AsOf) -> Error {
        Error::NoChampion { model: self.model.clone(), as_of }
    }
}

//! A model version that is ready to run.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2};
use weekahead_models::onnx::{ArtifactMeta, OnnxRuntime, OnnxSession, digest};
use weekahead_models::{Outputs, ResidualQuantiles};
use weekahead_tracker::{DownloadedModel, ModelVersion};

use crate::batching::Batching;
use crate::measures::Measures;
use crate::{Error, Result, spans};

/// A model version, loaded and checked.
#[derive(Debug)]
pub struct LoadedModel {
    /// The registered model.
    pub model: String,
    /// Its version.
    pub version: u32,
    /// The run that made it.
    pub run_id: String,
    /// The SHA-256 of the artifact.
    pub digest: String,
    batching: Arc<Batching>,
}

impl LoadedModel {
    /// What the artifact says of itself: view, features, horizon, levels.
    pub fn meta(&self) -> &ArtifactMeta {
        self.batching.session().meta()
    }

    /// The interval offset at any level, where the artifact tells.
    pub fn residual_quantiles(&self) -> Option<&ResidualQuantiles> {
        self.batching.session().residual_quantiles()
    }

    /// What the scale is multiplied with at each level, where the artifact tells.
    pub fn offsets(&self) -> Option<&[f32]> {
        self.batching.session().offsets()
    }

    /// Point forecasts and quantiles of a request's rows, run together with those of other requests.
    ///
    /// # Shape
    /// Rows x features, in the order of `meta().features`.
    ///
    /// # Missing values
    /// NaN and infinite inputs are filled inside the graph.
    ///
    /// # Errors
    /// [`Error::Model`] when the rows have another number of features, or the model fails on them.
    pub async fn score(&self, rows: Array2<f32>) -> Result<Outputs> {
        spans::model(rows.nrows(), self.batching.score(rows)).await
    }

    /// The same on the caller's thread, at once: for batches.
    ///
    /// # Errors
    /// As [`score`](Self::score).
    pub fn score_alone(&self, rows: ArrayView2<'_, f32>) -> Result<Outputs> {
        Ok(self.batching.session().run(rows)?)
    }

    /// Loads the version of a downloaded artifact.
    ///
    /// # Errors
    /// [`Error::Digest`] when it is not the one that was registered; [`Error::Model`] when it cannot be run.
    pub(crate) fn load(
        runtime: &OnnxRuntime,
        downloaded: &DownloadedModel,
        measures: &Arc<Measures>,
    ) -> Result<Self> {
        let bytes = downloaded.onnx()?;
        let (version, found) = (&downloaded.version, digest(bytes));
        if let Some(registered) =
            version.tags.get(ModelVersion::DIGEST_TAG).filter(|registered| **registered != found)
        {
            let (model, registered) = (version.name.clone(), registered.clone());
            return Err(Error::Digest { model, version: version.version, found, registered });
        }
        let session = OnnxSession::from_bytes(runtime, bytes)?;
        Ok(Self {
            model: version.name.clone(),
            version: version.version,
            run_id: version.run_id.clone(),
            digest: found,
            batching: Arc::new(Batching::new(session, Arc::clone(measures))),
        })
    }

    /// Runs once, so that the first request does not pay for what is made on first use.
    pub(crate) fn warm_up(&self) -> Result<()> {
        self.score_alone(Array2::zeros((1, self.meta().features.len())).view()).map(|_| ())
    }
}

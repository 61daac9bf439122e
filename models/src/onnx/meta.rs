//! What an artifact says about itself.

use prost::Message;
use serde::{Deserialize, Serialize};
use weekahead_market::Horizon;

use super::proto::{ModelProto, StringStringEntryProto};
use crate::{Error, ModelSpec, PreprocessingSpec, ResidualQuantiles, Result};

/// Where a model comes from and what it eats: kept inside the artifact, so that it can be served from its bytes alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArtifactMeta {
    /// The kind of forecaster and its hyperparameters.
    pub model: ModelSpec,
    /// What its constants were learned for: they are nodes of the graph.
    pub preprocessing: PreprocessingSpec,
    /// The feature view.
    pub view: String,
    /// The version of the feature view.
    pub view_version: String,
    /// The columns of `x`, in order.
    pub features: Vec<String>,
    /// Sessions ahead.
    pub horizon: Horizon,
    /// The levels of `quantiles`, in order.
    pub levels: Vec<f64>,
    /// The seed of the run.
    pub seed: u64,
}

/// The keys of `metadata_props`, each holding JSON.
const PREFIX: &str = "weekahead.";

/// The entry, after the prefix, that holds the quantiles of the calibration residuals.
const RESIDUALS: &str = "residuals";

impl ArtifactMeta {
    /// Reads it from an artifact; needs no ONNX Runtime.
    ///
    /// # Errors
    /// [`Error::Artifact`] when the bytes are no ONNX model, or one that was not exported here.
    pub fn from_onnx(bytes: &[u8]) -> Result<Self> {
        Ok(Self::with_residuals(bytes)?.0)
    }

    /// The same with what adapted levels are looked up in, where the artifact has it.
    pub(super) fn with_residuals(bytes: &[u8]) -> Result<(Self, Option<ResidualQuantiles>)> {
        let fault = |reason: String| Error::Artifact { reason };
        let model = ModelProto::decode(bytes).map_err(|e| fault(format!("it is no ONNX model ({e})")))?;
        let mut object = serde_json::Map::new();
        for prop in model.metadata_props {
            if let Some(key) = prop.key().strip_prefix(PREFIX) {
                let value = serde_json::from_str(prop.value());
                let value = value.map_err(|e| fault(format!("its metadata {key} is no JSON ({e})")))?;
                object.insert(key.to_owned(), value);
            }
        }
        let foreign = |e: serde_json::Error| fault(format!("its metadata is not weekahead's ({e})"));
        let residuals = object.remove(RESIDUALS).map(serde_json::from_value).transpose().map_err(foreign)?;
        Ok((serde_json::from_value(object.into()).map_err(foreign)?, residuals))
    }

    /// The entries of `metadata_props`, by key.
    pub(super) fn to_props(
        &self,
        residuals: Option<&ResidualQuantiles>,
    ) -> Result<Vec<StringStringEntryProto>> {
        let fault = |e: serde_json::Error| Error::Artifact { reason: e.to_string() };
        let value = serde_json::to_value(self).map_err(fault)?;
        let entries = value.as_object().into_iter().flatten();
        let mut props: Vec<_> = entries
            .map(|(key, value)| StringStringEntryProto {
                key: Some(format!("{PREFIX}{key}")),
                value: Some(value.to_string()),
            })
            .collect();
        if let Some(residuals) = residuals {
            // As text at once: a JSON value would hold float32 as float64, with twice the digits.
            let value = Some(serde_json::to_string(residuals).map_err(fault)?);
            props.push(StringStringEntryProto { key: Some(format!("{PREFIX}{RESIDUALS}")), value });
        }
        // The order of a JSON object depends on serde_json's features; the bytes of an artifact must not.
        props.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(props)
    }
}

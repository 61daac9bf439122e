//! The files beside an ONNX model that let stock MLflow load and serve it.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::yaml::to_yaml;
use crate::{Error, Result};

/// What a forecaster must be given and what its answers mean; travels within the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelMetadata {
    /// The kind of model: `ridge`, `random_walk`.
    pub model_kind: String,
    /// The feature view of its inputs.
    pub view: String,
    /// The view's version.
    pub view_version: String,
    /// The inputs, in the order of the columns of `x`.
    pub feature_names: Vec<String>,
    /// The levels of its quantiles, in the order of the columns of `quantiles`; empty when it has none.
    pub quantile_levels: Vec<f64>,
    /// How many sessions ahead it looks.
    pub horizon_sessions: u32,
    /// Anything else worth keeping.
    #[serde(flatten)]
    pub extra: BTreeMap<String, Value>,
}

/// The tensors that a model takes and gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelSignature {
    /// What it takes.
    pub inputs: Vec<TensorSpec>,
    /// What it gives.
    pub outputs: Vec<TensorSpec>,
}

/// A named float32 tensor with any number of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorSpec {
    /// Its name in the graph.
    pub name: String,
    /// Its number of columns.
    pub columns: usize,
}

/// Which model the files are for.
pub(crate) struct ModelFiles<'a> {
    pub(crate) model_id: &'a str,
    pub(crate) run_id: &'a str,
    pub(crate) onnx: &'a Bytes,
    pub(crate) metadata: &'a ModelMetadata,
    pub(crate) input_example: &'a [Vec<f32>],
    pub(crate) created_at_ms: i64,
}

pub(crate) const ONNX_FILE: &str = "model.onnx";
pub(crate) const METADATA_FILE: &str = "forecaster.json";

// The versions that the models are tried with; deploy/requirements.txt pins the same.
/// The version of MLflow that models are written for and scored like.
pub const MLFLOW_VERSION: &str = "3.17.2";
const ONNX_VERSION: &str = "1.23.2";
const ONNXRUNTIME_VERSION: &str = "1.31.1";
const PYTHON_VERSION: &str = "3.11.7";

impl ModelSignature {
    /// A forecaster's tensors: `x` in; `y`, and with any levels `quantiles`, `offsets` and `scale`, out.
    ///
    /// # Shape
    /// `x [rows, features]`, `y [rows, 1]`, `quantiles [rows, levels]`, `offsets [rows, levels]`, `scale [rows, 1]`.
    pub fn of(metadata: &ModelMetadata) -> ModelSignature {
        let spec = |name: &str, columns| TensorSpec { name: name.to_owned(), columns };
        let mut outputs = vec![spec("y", 1)];
        if !metadata.quantile_levels.is_empty() {
            let levels = metadata.quantile_levels.len();
            outputs.extend([spec("quantiles", levels), spec("offsets", levels), spec("scale", 1)]);
        }
        ModelSignature { inputs: vec![spec("x", metadata.feature_names.len())], outputs }
    }
}

impl ModelFiles<'_> {
    /// All files of the model's folder, by name.
    pub(crate) fn all(&self) -> Result<BTreeMap<&'static str, Bytes>> {
        let metadata = serde_json::to_string_pretty(self.metadata)
            .map_err(|e| Error::Model { name: self.model_id.to_owned(), reason: e.to_string() })?;
        let mut files = BTreeMap::from([
            (ONNX_FILE, self.onnx.clone()),
            (METADATA_FILE, Bytes::from(metadata)),
            ("MLmodel", Bytes::from(self.mlmodel()?)),
            ("requirements.txt", Bytes::from(requirements().join("\n") + "\n")),
            ("conda.yaml", Bytes::from(conda_yaml())),
            ("python_env.yaml", Bytes::from(python_env_yaml())),
        ]);
        if !self.input_example.is_empty() {
            let x = json!({"x": self.input_example});
            files.insert("input_example.json", Bytes::from(x.to_string()));
            files.insert("serving_input_example.json", Bytes::from(json!({"inputs": x}).to_string()));
        }
        Ok(files)
    }

    /// The `MLmodel` file. Both flavors must be there: `python_function` alone does not load.
    fn mlmodel(&self) -> Result<String> {
        let signature = ModelSignature::of(self.metadata);
        let mut fields = json!({
            "flavors": flavors(),
            "metadata": self.metadata,
            "mlflow_version": MLFLOW_VERSION,
            "model_id": self.model_id,
            "model_uuid": self.model_id.trim_start_matches("m-"),
            "run_id": self.run_id,
            "signature": {
                "inputs": tensors(&signature.inputs),
                "outputs": tensors(&signature.outputs),
                "params": null,
            },
            "utc_time_created": self.created_at()?,
        });
        if !self.input_example.is_empty() {
            fields["saved_input_example_info"] = json!({
                "artifact_path": "input_example.json",
                "serving_input_path": "serving_input_example.json",
                "type": "ndarray",
            });
        }
        Ok(to_yaml(&fields))
    }

    fn created_at(&self) -> Result<String> {
        let instant = jiff::Timestamp::from_millisecond(self.created_at_ms)
            .map_err(|e| Error::Model { name: self.model_id.to_owned(), reason: e.to_string() })?;
        Ok(instant.strftime("%Y-%m-%d %H:%M:%S%.6f").to_string())
    }
}

fn flavors() -> Value {
    json!({
        "onnx": {"data": ONNX_FILE, "onnx_version": ONNX_VERSION, "providers": ["CPUExecutionProvider"]},
        "python_function": {
            "data": ONNX_FILE,
            "env": {"conda": "conda.yaml", "virtualenv": "python_env.yaml"},
            "loader_module": "mlflow.onnx",
            "python_version": PYTHON_VERSION,
        },
    })
}

/// The tensors as MLflow keeps them: JSON within a text.
fn tensors(specs: &[TensorSpec]) -> String {
    let tensor = |spec: &TensorSpec| {
        let shape = json!({"dtype": "float32", "shape": [-1, spec.columns]});
        json!({"name": spec.name, "type": "tensor", "tensor-spec": shape})
    };
    Value::Array(specs.iter().map(tensor).collect()).to_string()
}

fn requirements() -> [String; 4] {
    [
        format!("mlflow=={MLFLOW_VERSION}"),
        "numpy>=2".to_owned(),
        format!("onnx=={ONNX_VERSION}"),
        format!("onnxruntime=={ONNXRUNTIME_VERSION}"),
    ]
}

fn conda_yaml() -> String {
    let python = format!("python={PYTHON_VERSION}");
    let dependencies = json!([python, "pip", {"pip": requirements()}]);
    to_yaml(&json!({"channels": ["conda-forge"], "dependencies": dependencies, "name": "mlflow-env"}))
}

fn python_env_yaml() -> String {
    to_yaml(&json!({
        "python": PYTHON_VERSION,
        "build_dependencies": ["pip", "setuptools", "wheel"],
        "dependencies": ["-r requirements.txt"],
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata() -> ModelMetadata {
        ModelMetadata {
            model_kind: "ridge".into(),
            view: "weekly_core".into(),
            view_version: "8c1f".into(),
            feature_names: vec!["ma_20".into(), "Mean(close, 5)".into()],
            quantile_levels: vec![0.05, 0.5, 0.95],
            horizon_sessions: 5,
            extra: BTreeMap::from([("seed".to_owned(), json!(7))]),
        }
    }

    #[test]
    fn the_files_are_what_mlflow_reads() {
        let files = ModelFiles {
            model_id: "m-0123456789abcdef0123456789abcdef",
            run_id: "fedcba9876543210fedcba9876543210",
            onnx: &Bytes::from_static(b"onnx"),
            metadata: &metadata(),
            input_example: &[vec![1.0, 0.25]],
            created_at_ms: 1_359_154_800_125,
        };
        let mut text = String::new();
        for (name, bytes) in files.all().unwrap() {
            text += &format!("--- {name}\n{}\n", String::from_utf8_lossy(&bytes).trim_end());
        }
        insta::assert_snapshot!(text);
    }

    #[test]
    fn metadata_reads_back() {
        let json = serde_json::to_string(&metadata()).unwrap();
        assert_eq!(serde_json::from_str::<ModelMetadata>(&json).unwrap(), metadata());
    }

    #[test]
    fn the_pinned_versions_are_the_deployed_ones() {
        let pins = include_str!("../../deploy/requirements.txt");
        for pin in requirements().iter().filter(|pin| pin.contains("==")) {
            assert!(pins.lines().any(|line| line == pin), "deploy/requirements.txt has no `{pin}`");
        }
    }
}

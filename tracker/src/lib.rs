//! A client of MLflow's REST interface: experiments, runs, metrics, datasets, artifacts, models and their registry.
//!
//! The only crate that knows MLflow's field names. It depends on nothing else of weekahead and reads no clock:
//! every timestamp comes from the caller, as milliseconds since 1970 UTC.
//!
//! ```no_run
//! # async fn example() -> weekahead_tracker::Result<()> {
//! use weekahead_tracker::{NewRun, RunStatus, Tracker, TrackerConfig};
//! let tracker = Tracker::new(&TrackerConfig::new("http://127.0.0.1:5000"))?;
//! let experiment = tracker.get_or_create_experiment("weekly", "").await?;
//! let run = tracker.create_run(&NewRun::new(&experiment.experiment_id, "ridge", 1_359_154_800_000)).await?;
//! tracker.finish_run(&run.info.run_id, RunStatus::Finished, 1_359_154_801_000).await?;
//! # Ok(()) }
//! ```

mod artifacts;
mod batch;
mod client;
mod config;
mod datasets;
mod encoding;
mod error;
mod experiments;
mod logged_models;
mod metrics;
mod mlmodel;
mod onnx_model;
mod registry;
mod runs;
mod transport;
mod yaml;

pub use artifacts::{ArtifactInfo, ArtifactStore, BoxFuture};
pub use batch::Batch;
pub use client::Tracker;
pub use config::{Auth, TrackerConfig};
pub use datasets::Dataset;
pub use error::{Error, Result};
pub use experiments::Experiment;
pub use logged_models::{LoggedModel, LoggedModelStatus, NewLoggedModel};
pub use metrics::Metric;
pub use mlmodel::{MLFLOW_VERSION, ModelMetadata, ModelSignature, TensorSpec};
pub use onnx_model::{DownloadedModel, LoggedModelRef, ModelSelector, OnnxModel};
pub use registry::ModelVersion;
pub use runs::{
    ModelOutput, NewRun, Run, RunData, RunDatasetInput, RunInfo, RunInputs, RunOutputs, RunStatus, SearchRuns,
};

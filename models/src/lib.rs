//! Forecasters, prediction intervals and the ONNX artifact.
//!
//! Matrices in, matrices out: this crate knows no symbol and no date, and an artifact is bytes. The way through it is
//! [`ModelSpec`] -> [`Forecaster`] -> [`LinearModel`] -> [`IntervalModel`] -> [`onnx::to_onnx`] -> [`onnx::OnnxSession`].

mod conformal;
mod drift;
mod elastic_net;
mod error;
mod forecaster;
mod historical_mean;
mod linear_model;
mod moments;
pub mod onnx;
mod outputs;
mod pls;
mod preprocessing;
mod random_walk;
mod ridge;
mod series;
mod spec;
mod training_rows;

pub use conformal::{Calibration, DEFAULT_LEVELS, IntervalModel, ScaleSpec};
pub use drift::Drift;
pub use elastic_net::ElasticNet;
pub use error::Error;
pub use forecaster::Forecaster;
pub use historical_mean::HistoricalMean;
pub use linear_model::LinearModel;
pub use outputs::Outputs;
pub use pls::Pls;
pub use preprocessing::{Fill, Preprocessing, PreprocessingSpec, Scale};
pub use random_walk::RandomWalk;
pub use ridge::Ridge;
pub use series::{AutoEts, AutoTheta, EtsErrors, SeriesForecast};
pub use spec::ModelSpec;
pub use training_rows::TrainingRows;

/// The result of everything fallible in this crate.
pub type Result<T> = std::result::Result<T, Error>;

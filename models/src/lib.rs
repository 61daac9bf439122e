//! Forecasters, prediction intervals and the ONNX artifact.
//!
//! Matrices in, matrices out: this crate knows no symbol and no date, and an artifact is bytes. The way through it is
//! [`ModelSpec`] -> [`Forecaster`] -> [`FittedModel`] -> [`IntervalModel`] -> [`onnx::to_onnx`] -> [`onnx::OnnxSession`].

mod adaptive;
mod conformal;
mod drift;
mod elastic_net;
mod error;
mod fitted_model;
mod forecaster;
mod grid;
mod historical_mean;
mod inner_folds;
mod linear_model;
mod moments;
pub mod onnx;
mod outputs;
mod pls;
mod preprocessing;
mod quantile;
mod quantile_regression;
mod random_walk;
mod residual_quantiles;
mod ridge;
mod search;
mod series;
mod series_model;
mod spec;
mod stack;
mod training_rows;
mod trees;

pub use adaptive::{AdaptiveLevels, IntervalCoverage};
pub use conformal::{Calibration, DEFAULT_LEVELS, IntervalModel, ScaleSpec};
pub use drift::Drift;
pub use elastic_net::ElasticNet;
pub use error::Error;
pub use fitted_model::FittedModel;
pub use forecaster::Forecaster;
pub use historical_mean::HistoricalMean;
pub use linear_model::LinearModel;
pub use outputs::Outputs;
pub use pls::Pls;
pub use preprocessing::{Fill, Preprocessing, PreprocessingSpec, Scale};
pub use random_walk::RandomWalk;
pub use residual_quantiles::ResidualQuantiles;
pub use ridge::Ridge;
pub use search::Search;
pub use series::{AutoEts, AutoTheta, EtsErrors, SeriesForecast};
pub use series_model::{SeriesForecaster, SeriesMethod, SeriesModel};
pub use spec::{ModelContext, ModelInput, ModelSpec};
pub use stack::{Stack, StackModel};
pub use training_rows::TrainingRows;
pub use trees::{
    BoostingLoss, BoostingSpec, ExtraTrees, ForestSpec, GradientBoosting, RandomForest, TreeModel,
};

/// The result of everything fallible in this crate.
pub type Result<T> = std::result::Result<T, Error>;

//! How models are trained.

use serde::{Deserialize, Serialize};
use weekahead_features::expr::CrossSectionOp;
use weekahead_market::Horizon;
use weekahead_models::{Fill, PreprocessingSpec, Scale};

/// How models are trained.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingSettings {
    /// The feature view: a built-in name or a TOML file.
    pub view: String,
    /// Sessions ahead.
    pub horizon: Horizon,
    /// The name of the registered model.
    pub model: String,
    /// Seed of everything random.
    pub seed: u64,
    /// What is done to features before a linear model sees them.
    pub preprocessing: PreprocessingSettings,
}

/// What is done to features before a linear model sees them.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreprocessingSettings {
    /// Whether a feature is seen as it is, or among the symbols of its session.
    pub cross_section: CrossSection,
    /// What a missing value is replaced by.
    pub fill: Fill,
    /// What a feature is centred and divided by.
    pub scale: Scale,
    /// The largest magnitude that is let through, in units of the scale.
    pub clip: f32,
}

/// Whether a feature is seen as it is, or among the symbols of its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CrossSection {
    /// As it is.
    None,
    /// By its rank, `CsRank`.
    Rank,
    /// By its distance from the session's mean, `CsZscore`.
    ZScore,
}

impl CrossSection {
    /// The operator that every feature is put under, if any.
    pub fn op(self) -> Option<CrossSectionOp> {
        match self {
            Self::None => None,
            Self::Rank => Some(CrossSectionOp::Rank),
            Self::ZScore => Some(CrossSectionOp::Zscore),
        }
    }
}

impl PreprocessingSettings {
    /// What is learned on training rows.
    pub fn spec(self) -> PreprocessingSpec {
        PreprocessingSpec { fill: self.fill, scale: self.scale, clip: self.clip }
    }
}

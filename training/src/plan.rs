//! What a training session will do: data, models, folds, promotion.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use weekahead_features::View;
use weekahead_market::{Horizon, Symbol};
use weekahead_models::{BoostingSpec, DEFAULT_LEVELS, ForestSpec, ModelSpec, PreprocessingSpec};

use crate::evaluation::{LossKind, Window};

/// The plan of a training session. With the same plan on the same rows, every number comes out the same.
#[derive(Debug, Clone)]
pub struct ExperimentPlan {
    /// The tracker's experiment.
    pub experiment: String,
    /// The registered model whose alias `champion` is at stake.
    pub model_name: String,
    /// The feature view.
    pub view: View,
    /// The universe.
    pub symbols: Vec<Symbol>,
    /// Settings that are numbers, recorded as they are.
    pub settings: PlanSettings,
    /// The models, in the order in which they are evaluated and registered. The first is the baseline.
    pub models: Vec<ModelSpec>,
}

/// The numbers of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanSettings {
    /// Sessions ahead.
    pub horizon: Horizon,
    /// Seed of everything random.
    pub seed: u64,
    /// Weekly origins before the first test origin.
    pub warm_up_origins: usize,
    /// Test origins between refits.
    pub refit_every_origins: usize,
    /// Which past origins are trained on.
    pub window: Window,
    /// Sessions left out between training targets and test origins, beyond the purge.
    pub embargo_sessions: u32,
    /// The last training origins, kept for calibrating intervals.
    pub calibration_origins: usize,
    /// The age at which a training row weighs half as much as the newest one, in weeks; without it all weigh the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_life_weeks: Option<f64>,
    /// What is done to features before a model that scales them sees them, learned on the training rows of each fold.
    pub preprocessing: PreprocessingSpec,
    /// How intervals are made.
    #[serde(default)]
    pub intervals: IntervalMethod,
    /// The feature that scales intervals: a daily volatility.
    pub scale_feature: String,
    /// The quantile levels.
    pub levels: Vec<f64>,
    /// The loss that decides promotion.
    pub loss: LossKind,
    /// The accepted chance of a false promotion.
    pub significance: f64,
    /// The fewest origins that a promotion may rest on.
    pub minimum_origins: usize,
}

/// How intervals are made; both are calibrated on the last training origins.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case", deny_unknown_fields)]
pub enum IntervalMethod {
    /// Around the point forecast, scaled by a volatility: split conformal prediction.
    #[default]
    SplitConformal,
    /// By quantiles that are regressed on the features: conformalised quantile regression.
    QuantileRegression(BoostingSpec),
}

impl IntervalMethod {
    /// The name of the method.
    pub fn name(&self) -> &'static str {
        match self {
            Self::SplitConformal => "split_conformal",
            Self::QuantileRegression(_) => "quantile_regression",
        }
    }
}

impl Default for PlanSettings {
    /// Three years of weeks to learn from first, a refit a quarter, intervals calibrated on the last two years.
    fn default() -> Self {
        Self {
            horizon: Horizon::WEEK,
            seed: 42,
            warm_up_origins: 156,
            refit_every_origins: 13,
            window: Window::Expanding,
            embargo_sessions: 0,
            calibration_origins: 104,
            half_life_weeks: None,
            preprocessing: PreprocessingSpec::default(),
            intervals: IntervalMethod::default(),
            scale_feature: "vol_20".to_owned(),
            levels: DEFAULT_LEVELS.to_vec(),
            loss: LossKind::AbsoluteError,
            significance: 0.05,
            minimum_origins: 52,
        }
    }
}

impl ExperimentPlan {
    /// The models that a new user gets: baselines first, then what has to beat them.
    pub fn default_models() -> Vec<ModelSpec> {
        vec![
            ModelSpec::RandomWalk,
            ModelSpec::Drift { feature: "ret_mean_250".to_owned() },
            ModelSpec::HistoricalMean,
            ModelSpec::Ridge { alpha: 1_000.0 },
            ModelSpec::ElasticNet { alpha: 0.001, l1_ratio: 0.5 },
            ModelSpec::Ets { window: 504 },
            ModelSpec::Theta { window: 504 },
            ModelSpec::RandomForest(ForestSpec::default()),
            ModelSpec::GradientBoosting(BoostingSpec::default()),
        ]
    }

    /// The features that such a plan names: one that a model follows, and one that scales intervals. They are needed as
    /// they are, whatever is done to the others.
    pub fn default_named_features() -> Vec<String> {
        let of_model = |model: ModelSpec| match model {
            ModelSpec::Drift { feature } => Some(feature),
            _ => None,
        };
        let of_models = Self::default_models().into_iter().filter_map(of_model);
        of_models.chain([PlanSettings::default().scale_feature]).collect()
    }

    /// Names this plan on these rows: a session that broke off is found and finished under the same key.
    pub fn session_key(&self, dataset_digest: &str) -> String {
        let mut hasher = Sha256::new();
        for part in [&self.model_name, self.view.version(), dataset_digest] {
            hasher.update(part.as_bytes());
            hasher.update([0]);
        }
        hasher.update(serde_json::to_vec(&self.settings).unwrap_or_default());
        hasher.update(serde_json::to_vec(&self.models).unwrap_or_default());
        hasher.finalize()[..12].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

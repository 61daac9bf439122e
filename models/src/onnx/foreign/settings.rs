//! What the file of a model does not say about it.

use serde::{Deserialize, Serialize};

/// How a model of another tool is taken. The default is right for a model with one output that takes missing values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ForeignSettings {
    /// The output that is the forecast; needed when several could be.
    pub output: Option<String>,
    /// What the model gets for a feature that is missing.
    pub missing: Missing,
}

/// What a model gets for a feature that is missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// NaN, as it is: for trees, and for pipelines that fill values themselves. Infinite values pass, too.
    #[default]
    Pass,
    /// Zero, for NaN and for infinite values.
    Zero,
}

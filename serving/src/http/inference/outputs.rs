//! The output tensors of a model.

use weekahead_models::Outputs;

use crate::LoadedModel;

/// An output of an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    Y,
    Quantiles,
    Offsets,
    Scale,
}

impl Output {
    const ALL: [Self; 4] = [Self::Y, Self::Quantiles, Self::Offsets, Self::Scale];

    /// Those that a model has, in their order: older artifacts have neither offsets nor scale.
    pub(super) fn of(model: &LoadedModel) -> impl Iterator<Item = Self> {
        let whole = model.offsets().is_some();
        Self::ALL.into_iter().filter(move |output| whole || matches!(output, Self::Y | Self::Quantiles))
    }

    /// Its name in the graph.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Y => "y",
            Self::Quantiles => "quantiles",
            Self::Offsets => "offsets",
            Self::Scale => "scale",
        }
    }

    pub(super) fn columns(self, model: &LoadedModel) -> usize {
        match self {
            Self::Y | Self::Scale => 1,
            Self::Quantiles | Self::Offsets => model.meta().levels.len(),
        }
    }

    /// Its values, one row after the other, as the graph gave them.
    pub(super) fn values(self, model: &LoadedModel, outputs: &Outputs) -> Vec<f32> {
        // The widened float32 of the graph: nothing is lost.
        let narrow = |value: &f64| *value as f32;
        match self {
            Self::Y => outputs.y.iter().map(narrow).collect(),
            Self::Quantiles => outputs.quantiles.iter().map(narrow).collect(),
            Self::Offsets => model.offsets().unwrap_or_default().repeat(outputs.y.len()),
            Self::Scale => outputs.scale.iter().flatten().map(narrow).collect(),
        }
    }
}

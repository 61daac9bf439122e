//! The fitted model, whichever forecaster it came from.

use ndarray::{Array1, ArrayView1, ArrayView2};

use crate::onnx::ForeignModel;
use crate::{LinearModel, ModelSpec, Result, SeriesModel, StackModel, TreeModel};

/// A forecaster that has seen its training rows: it can predict, and be exported, and nothing else.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum FittedModel {
    /// A weighted sum of preprocessed features.
    Linear(LinearModel),
    /// A sum of trees.
    Trees(TreeModel),
    /// A weighted sum of models.
    Stack(StackModel),
    /// The model that won a search.
    Searched {
        /// Its hyperparameters.
        chosen: ModelSpec,
        /// The model, fitted on all training rows.
        model: Box<FittedModel>,
    },
    /// A model that another tool fitted.
    Foreign(Box<ForeignModel>),
    /// A model of one series, fitted anew on each row.
    Series(SeriesModel),
}

impl FittedModel {
    /// Point forecasts of a batch of rows.
    ///
    /// # Shape
    /// `x` is rows x features; one forecast a row; no rows give none.
    ///
    /// # Units
    /// Those of the training targets: log returns over the horizon.
    ///
    /// # Missing values
    /// Inputs that are not finite are missing; forecasts are always finite.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) when `x` has another number of features than the training rows.
    pub fn predict(&self, x: ArrayView2<'_, f32>) -> Result<Array1<f64>> {
        match self {
            Self::Linear(model) => model.predict(x),
            Self::Trees(model) => model.predict(x),
            Self::Stack(model) => model.predict(x),
            Self::Searched { model, .. } => model.predict(x),
            Self::Foreign(model) => model.predict(x),
            Self::Series(model) => model.predict(x),
        }
    }

    /// Number of features.
    pub fn features(&self) -> usize {
        match self {
            Self::Linear(model) => model.features(),
            Self::Trees(model) => model.features(),
            Self::Stack(model) => model.features(),
            Self::Searched { model, .. } => model.features(),
            Self::Foreign(model) => model.features(),
            Self::Series(model) => model.features(),
        }
    }

    /// The weighted sum, where the model is one.
    pub fn as_linear(&self) -> Option<&LinearModel> {
        match self {
            Self::Linear(model) => Some(model),
            _ => None,
        }
    }

    /// The hyperparameters that a search chose, where the model came from one.
    pub fn chosen(&self) -> Option<&ModelSpec> {
        match self {
            Self::Searched { chosen, .. } => Some(chosen),
            _ => None,
        }
    }

    /// What fitting decided beyond the hyperparameters of its spec, in words: the candidate that a search chose, the shares of a
    /// stack. `None` for other models.
    pub fn learned(&self, spec: &ModelSpec) -> Option<String> {
        match (self, spec) {
            (Self::Searched { chosen, model }, _) => {
                let further = model.learned(chosen).map(|further| format!(": {further}"));
                Some(format!("{chosen}{}", further.unwrap_or_default()))
            }
            (Self::Stack(stack), ModelSpec::Stack { models, .. }) => {
                let shares = stack.shares().iter().zip(models);
                let told: Vec<String> = shares.map(|(share, model)| format!("{share:.3} {model}")).collect();
                Some(told.join(" + "))
            }
            _ => None,
        }
    }

    /// The sum of the absolute terms of a row's forecast: what float32 rounding errors are proportional to. A foreign model runs as
    /// it is in the artifact, and adds none.
    pub(crate) fn magnitude(&self, row: ArrayView1<'_, f32>) -> f64 {
        match self {
            Self::Linear(model) => model.magnitude(row),
            Self::Trees(model) => model.magnitude(row),
            Self::Stack(model) => model.magnitude(row),
            Self::Searched { model, .. } => model.magnitude(row),
            Self::Foreign(_) | Self::Series(_) => 0.0,
        }
    }
}

impl From<LinearModel> for FittedModel {
    fn from(model: LinearModel) -> Self {
        Self::Linear(model)
    }
}

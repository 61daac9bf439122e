//! What a model says about a batch of rows.

use ndarray::{Array1, Array2};

/// Point forecasts and quantiles of a batch of rows.
///
/// # Shape
/// `y` and `scale` have one entry a row; `quantiles` is rows x levels, increasing along a row.
///
/// # Units
/// Those of the training targets: log returns over the horizon.
#[derive(Debug, Clone, PartialEq)]
pub struct Outputs {
    /// Point forecasts.
    pub y: Array1<f64>,
    /// Quantiles, by increasing level.
    pub quantiles: Array2<f64>,
    /// What interval offsets are multiplied with; `None` of an artifact that does not tell.
    pub scale: Option<Array1<f64>>,
}

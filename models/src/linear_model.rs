//! The fitted model: preprocessing, then a weighted sum.

use ndarray::{Array1, ArrayView1, ArrayView2, Axis};

use crate::error::check_shape;
use crate::{Error, Preprocessing, Result};

/// A fitted forecaster: `y = intercept + sum_j coefficient_j * z_j` over preprocessed features `z`.
///
/// Every forecaster of this crate ends as one, the random walk included, so that each can be exported as the same
/// small graph. Coefficients and intercept are float32 values, as in that graph.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearModel {
    pub(crate) preprocessing: Preprocessing,
    pub(crate) coefficients: Vec<f32>,
    pub(crate) intercept: f32,
}

impl LinearModel {
    /// Rounds the solution to float32, the precision of features and artifact.
    pub(crate) fn new(preprocessing: Preprocessing, coefficients: &[f64], intercept: f64) -> Result<Self> {
        check_shape("the coefficients", preprocessing.features(), coefficients.len())?;
        let coefficients: Vec<f32> = coefficients.iter().map(|c| *c as f32).collect();
        let intercept = intercept as f32;
        if !(intercept.is_finite() && coefficients.iter().all(|c| c.is_finite())) {
            let reason = "a coefficient overflowed float32".to_owned();
            return Err(Error::Unsolvable { model: "linear", reason });
        }
        Ok(Self { preprocessing, coefficients, intercept })
    }

    /// A model that says the same of every row.
    pub(crate) fn constant(features: usize, value: f64) -> Result<Self> {
        Self::new(Preprocessing::identity(features, 1.0), &vec![0.0; features], value)
    }

    /// Point forecasts of a batch of rows.
    ///
    /// # Shape
    /// `x` is rows x features; one forecast a row; no rows give none.
    ///
    /// # Units
    /// Those of the training targets: log returns over the horizon.
    ///
    /// # Missing values
    /// Inputs that are not finite are filled (see [`Preprocessing`]); forecasts are always finite.
    ///
    /// # Errors
    /// [`Error::Shape`] when `x` has another number of features than the training rows.
    pub fn predict(&self, x: ArrayView2<'_, f32>) -> Result<Array1<f64>> {
        check_shape("x (features)", self.features(), x.ncols())?;
        Ok(x.axis_iter(Axis(0)).map(|row| self.row(row)).collect())
    }

    /// Number of features.
    pub fn features(&self) -> usize {
        self.coefficients.len()
    }

    /// One coefficient a feature, in units of the target per training standard deviation of the feature.
    pub fn coefficients(&self) -> &[f32] {
        &self.coefficients
    }

    /// The forecast when every preprocessed feature is 0.
    pub fn intercept(&self) -> f32 {
        self.intercept
    }

    /// What is done to features first.
    pub fn preprocessing(&self) -> &Preprocessing {
        &self.preprocessing
    }

    fn row(&self, row: ArrayView1<'_, f32>) -> f64 {
        f64::from(self.intercept) + self.terms(row).sum::<f64>()
    }

    /// The sum of the absolute terms of a row's forecast: what float32 rounding errors are proportional to.
    pub(crate) fn magnitude(&self, row: ArrayView1<'_, f32>) -> f64 {
        f64::from(self.intercept.abs()) + self.terms(row).map(f64::abs).sum::<f64>()
    }

    fn terms(&self, row: ArrayView1<'_, f32>) -> impl Iterator<Item = f64> {
        let terms = row.into_iter().zip(&self.coefficients).enumerate();
        terms.map(|(feature, (x, c))| f64::from(*c) * self.preprocessing.value(feature, *x))
    }
}

//! The fitted model of forests and boosting: a sum of trees.

use ndarray::{Array1, ArrayView1, ArrayView2, Axis};
use rayon::prelude::*;

use super::tree::Tree;
use crate::Result;
use crate::error::check_shape;

/// A fitted sum of regression trees: `y = base + sum over trees of the leaf that the row falls into`.
///
/// Thresholds, leaves and base are float32 values, as in the exported graph.
///
/// # Missing values
/// A value that is not finite is missing; each split says which way it goes.
#[derive(Debug, Clone, PartialEq)]
pub struct TreeModel {
    pub(crate) trees: Vec<Tree>,
    pub(crate) base: f32,
    pub(crate) features: usize,
}

/// Rows that a thread takes at once.
const ROWS_AT_ONCE: usize = 256;

impl TreeModel {
    /// Point forecasts of a batch of rows.
    ///
    /// # Shape
    /// `x` is rows x features; one forecast a row.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) when `x` has another number of features than the training rows.
    pub fn predict(&self, x: ArrayView2<'_, f32>) -> Result<Array1<f64>> {
        check_shape("x (features)", self.features, x.ncols())?;
        let chunks: Vec<_> = x.axis_chunks_iter(Axis(0), ROWS_AT_ONCE).collect();
        let of_chunk = |chunk: ArrayView2<'_, f32>| -> Vec<f64> {
            chunk.outer_iter().map(|row| f64::from(self.base) + self.answers(row).sum::<f64>()).collect()
        };
        Ok(chunks.into_par_iter().flat_map_iter(of_chunk).collect::<Vec<_>>().into())
    }

    /// Number of features.
    pub fn features(&self) -> usize {
        self.features
    }

    /// Number of trees.
    pub fn trees(&self) -> usize {
        self.trees.len()
    }

    /// The sum of the absolute answers for a row: what float32 rounding errors are proportional to.
    pub(crate) fn magnitude(&self, row: ArrayView1<'_, f32>) -> f64 {
        f64::from(self.base.abs()) + self.answers(row).map(f64::abs).sum::<f64>()
    }

    fn answers(&self, row: ArrayView1<'_, f32>) -> impl Iterator<Item = f64> {
        self.trees.iter().map(move |tree| f64::from(tree.answer(row)))
    }
}

//! The rows a model is fitted on, checked once.

use ndarray::{ArrayView1, ArrayView2};

use crate::error::check_shape;
use crate::{Error, PreprocessingSpec, Result};

/// Features, targets and weights of the training rows, and how the features are preprocessed; whoever holds one knows that they fit together.
///
/// # Shape
/// `x` is rows x features; `y` and `weights` have one entry a row.
///
/// # Units
/// `y` in log returns over the horizon; weights are relative.
///
/// # Missing values
/// `x` may hold NaN or infinities: both count as missing. `y` and the weights may not.
#[derive(Debug, Clone, Copy)]
pub struct TrainingRows<'a> {
    x: ArrayView2<'a, f32>,
    y: ArrayView1<'a, f64>,
    weights: Option<ArrayView1<'a, f64>>,
    groups: Option<&'a [u32]>,
    overlap: usize,
    preprocessing: PreprocessingSpec,
}

impl<'a> TrainingRows<'a> {
    /// Rows of equal weight, preprocessed by default.
    ///
    /// # Errors
    /// [`Error::Empty`] without rows, [`Error::Shape`] when `x` and `y` differ in rows, [`Error::NotFinite`] for
    /// a target that is no finite number.
    pub fn new(x: ArrayView2<'a, f32>, y: ArrayView1<'a, f64>) -> Result<Self> {
        if y.is_empty() {
            return Err(Error::Empty { what: "the training set" });
        }
        check_shape("x (rows)", y.len(), x.nrows())?;
        match y.iter().position(|value| !value.is_finite()) {
            Some(row) => Err(Error::NotFinite { what: "y", row }),
            None => {
                let preprocessing = PreprocessingSpec::default();
                Ok(Self { x, y, weights: None, groups: None, overlap: 0, preprocessing })
            }
        }
    }

    /// The same rows, weighted.
    ///
    /// # Errors
    /// [`Error::Shape`] unless there is a weight for each row, [`Error::Weights`] when one is negative or not finite, or
    /// all are zero.
    pub fn weighted(self, weights: ArrayView1<'a, f64>) -> Result<Self> {
        check_shape("weights", self.y.len(), weights.len())?;
        let bad = weights.iter().position(|w| !w.is_finite() || *w < 0.0);
        match bad {
            Some(row) => Err(Error::Weights { row }),
            None if weights.sum() <= 0.0 => Err(Error::Weights { row: weights.len() }),
            None => Ok(Self { weights: Some(weights), ..self }),
        }
    }

    /// The same rows, with the group of each (those of one origin) in order of time, and how many later groups a
    /// group's targets reach into: what inner folds are cut by. Without groups each row is one of its own.
    ///
    /// # Errors
    /// [`Error::Shape`] unless there is a group for each row, [`Error::Groups`] when they go back.
    pub fn grouped(self, groups: &'a [u32], overlap: usize) -> Result<Self> {
        check_shape("groups", self.y.len(), groups.len())?;
        match groups.is_sorted() {
            true => Ok(Self { groups: Some(groups), overlap, ..self }),
            false => Err(Error::Groups),
        }
    }

    /// The same rows, with what is to be done to their features before a model that scales them sees them.
    ///
    /// # Errors
    /// [`Error::Hyperparameter`] when the clip is not a finite number above 0.
    pub fn preprocessed(self, preprocessing: PreprocessingSpec) -> Result<Self> {
        preprocessing.check()?;
        Ok(Self { preprocessing, ..self })
    }

    /// The same rows with other targets.
    pub(crate) fn with_targets<'b>(&self, y: ArrayView1<'b, f64>) -> Result<TrainingRows<'b>>
    where
        'a: 'b,
    {
        let rows = TrainingRows::new(self.x.reborrow(), y)?;
        let weights = self.weights.map(ArrayView1::reborrow);
        Ok(TrainingRows { weights, groups: self.groups, overlap: self.overlap, ..rows })
    }

    /// What is to be done to the features.
    pub fn preprocessing(&self) -> &PreprocessingSpec {
        &self.preprocessing
    }

    /// The features.
    pub fn x(&self) -> ArrayView2<'a, f32> {
        self.x
    }

    /// The targets.
    pub fn y(&self) -> ArrayView1<'a, f64> {
        self.y
    }

    /// The weights, when rows are weighted.
    pub fn weights(&self) -> Option<ArrayView1<'a, f64>> {
        self.weights
    }

    /// The weight of a row: 1 when rows are not weighted.
    pub fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row])
    }

    /// The groups of the rows, when they have any.
    pub fn groups(&self) -> Option<&'a [u32]> {
        self.groups
    }

    /// The group of a row.
    pub fn group(&self, row: usize) -> u32 {
        self.groups.map_or(row as u32, |groups| groups[row])
    }

    /// How many later groups a group's targets reach into.
    pub fn overlap(&self) -> usize {
        self.overlap
    }

    /// The weighted mean of the targets.
    pub fn mean_target(&self) -> f64 {
        match self.weights {
            Some(weights) => weights.dot(&self.y) / weights.sum(),
            None => self.y.sum() / self.y.len() as f64,
        }
    }
}

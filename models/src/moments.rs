//! What linear models need to know of the training rows: their second moments.

use linfa_linalg::eigh::Eigh;
use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, Axis, ShapeBuilder, s};
use rayon::prelude::*;

use crate::{LinearModel, Preprocessing, Result, TrainingRows};

/// Second moments of preprocessed, weighted rows about their weighted means.
///
/// Least squares with penalties depend on the rows through these alone: a solver that works on them costs the same for a
/// thousand rows and for a million. They are summed over segments of fixed length, in order: neither the number of
/// cores nor which of them was first changes a bit.
#[derive(Debug, Clone)]
pub(crate) struct Moments {
    /// `sum_i w_i (z_i - mean) (z_i - mean)'`: features x features.
    pub(crate) gram: Array2<f64>,
    /// `sum_i w_i (z_i - mean) (y_i - mean)`.
    pub(crate) cross: Array1<f64>,
    /// `sum_i w_i (y_i - mean)^2`.
    pub(crate) square: f64,
    /// `sum_i w_i`; the number of rows when they are not weighted.
    pub(crate) weight: f64,
    z_mean: Array1<f64>,
    y_mean: f64,
}

/// Directions whose second moment is below this, relative to the largest, are rounding errors.
const SINGULAR_BELOW: f64 = 1e-13;
/// Rows that one task sums.
const SEGMENT: usize = 16_384;
/// Rows that are multiplied at once: with 158 features they fit into a core's cache.
const BLOCK: usize = 512;

impl Moments {
    /// One pass over the training rows, on all cores.
    pub(crate) fn of(preprocessing: &Preprocessing, rows: &TrainingRows<'_>) -> Self {
        let y_mean = rows.mean_target();
        let starts: Vec<usize> = (0..rows.y().len()).step_by(SEGMENT).collect();
        let segment = |start: &usize| {
            let end = rows.y().len().min(start + SEGMENT);
            let mut sums = Sums::zero(preprocessing.features());
            for from in (*start..end).step_by(BLOCK) {
                sums.add(preprocessing, rows, from..end.min(from + BLOCK), y_mean);
            }
            sums
        };
        let segments: Vec<Sums> = starts.par_iter().map(segment).collect();
        let mut all = Sums::zero(preprocessing.features());
        segments.iter().for_each(|sums| all.join(sums));
        all.centred(y_mean)
    }

    /// As few rows as there are features, and one more, that have the same moments: by columns, as coordinate descent
    /// walks over them.
    ///
    /// # Errors
    /// When the eigenvalues of the second moments cannot be found.
    pub(crate) fn condensed(&self) -> std::result::Result<(Array2<f64>, Array1<f64>), String> {
        let features = self.cross.len();
        let (values, vectors) = self.gram.eigh().map_err(|error| error.to_string())?;
        let none = values.iter().fold(0.0, |most: f64, value| most.max(*value)) * SINGULAR_BELOW;
        let (mut z, mut y) = (Array2::zeros((features + 1, features).f()), Array1::zeros(features + 1));
        for (row, (value, vector)) in values.iter().zip(vectors.columns()).enumerate() {
            if *value > none {
                z.row_mut(row).assign(&(&vector * value.sqrt()));
                y[row] = vector.dot(&self.cross) / value.sqrt();
            }
        }
        // What no combination of features explains.
        y[features] = (self.square - y.dot(&y)).max(0.0).sqrt();
        Ok((z, y))
    }

    /// The model on features that are not centred.
    pub(crate) fn into_model(
        self,
        preprocessing: Preprocessing,
        coefficients: &Array1<f64>,
    ) -> Result<LinearModel> {
        let intercept = self.y_mean - self.z_mean.dot(coefficients);
        LinearModel::new(preprocessing, &coefficients.to_vec(), intercept)
    }
}

/// Sums over some of the rows. Targets are about their mean already, and features nearly, by their preprocessing.
struct Sums {
    weight: f64,
    z: Array1<f64>,
    zz: Array2<f64>,
    zy: Array1<f64>,
    y: f64,
    yy: f64,
}

impl Sums {
    fn zero(features: usize) -> Self {
        let zero = Array1::zeros(features);
        let zz = Array2::zeros((features, features));
        Self { weight: 0.0, z: zero.clone(), zz, zy: zero, y: 0.0, yy: 0.0 }
    }

    fn add(
        &mut self,
        preprocessing: &Preprocessing,
        rows: &TrainingRows<'_>,
        range: std::ops::Range<usize>,
        y_mean: f64,
    ) {
        let z = preprocessing.apply(rows.x().slice(s![range.clone(), ..]));
        let y = &rows.y().slice(s![range.clone()]) - y_mean;
        let weights: Array1<f64> = range.map(|row| rows.weight(row)).collect();
        let weighted_y = &y * &weights;
        let weighted_z = rows.weights().map(|_| &z * &weights.view().insert_axis(Axis(1)));
        general_mat_mul(1.0, &z.t(), weighted_z.as_ref().unwrap_or(&z), 1.0, &mut self.zz);
        self.zy += &weighted_y.dot(&z);
        self.z += &weights.dot(&z);
        self.yy += weighted_y.dot(&y);
        self.y += weighted_y.sum();
        self.weight += weights.sum();
    }

    fn join(&mut self, later: &Self) {
        self.weight += later.weight;
        self.z += &later.z;
        self.zz += &later.zz;
        self.zy += &later.zy;
        self.y += later.y;
        self.yy += later.yy;
    }

    fn centred(self, y_mean: f64) -> Moments {
        let z_mean = &self.z / self.weight;
        let column = z_mean.view().insert_axis(Axis(1));
        let row = self.z.view().insert_axis(Axis(0));
        let rest = self.y / self.weight;
        Moments {
            gram: self.zz - column.dot(&row),
            cross: self.zy - &self.z * rest,
            square: self.yy - self.y * rest,
            weight: self.weight,
            z_mean,
            y_mean: y_mean + rest,
        }
    }
}

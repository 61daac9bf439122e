//! Fill, standardise and clip: what is done to features before a linear model sees them.

use ndarray::{ArrayView1, ArrayView2, Axis};

use crate::TrainingRows;

/// Per-feature constants learned on the training rows, and the transformation they define:
/// `z = clip((fill_missing(x) - mean) / scale, -clip, clip)`.
///
/// All constants are float32 values, as in the exported graph, so that the native and the exported model are the same
/// model up to the rounding of arithmetic.
///
/// # Missing values
/// An input that is not finite is missing, and is replaced by the feature's training median (0 when no training row
/// has it).
#[derive(Debug, Clone, PartialEq)]
pub struct Preprocessing {
    pub(crate) fill: Vec<f32>,
    pub(crate) mean: Vec<f32>,
    pub(crate) scale: Vec<f32>,
    pub(crate) clip: f32,
}

/// How many standard deviations an input may be away from its training mean before it is clipped.
const CLIP_DEVIATIONS: f32 = 5.0;

/// A feature whose standard deviation is below this, relative to its mean, is constant up to float32 rounding.
const CONSTANT_BELOW: f64 = 1e-6;

/// The smallest usable standard deviation: smaller ones are subnormal in float32.
const SMALLEST_SCALE: f64 = 1e-30;

impl Preprocessing {
    /// Learns medians, means and population standard deviations of the filled features; clips at 5 deviations.
    ///
    /// A constant feature gets the scale 1, so that it is 0 after centring.
    ///
    /// # Source
    /// scikit-learn's `SimpleImputer(strategy="median")` followed by `StandardScaler`.
    pub fn fit(rows: &TrainingRows<'_>) -> Self {
        let mut fitted = Self::identity(rows.x().ncols(), CLIP_DEVIATIONS);
        for (feature, column) in rows.x().axis_iter(Axis(1)).enumerate() {
            let fill = median(column);
            let (mean, scale) = moments(column, fill);
            fitted.fill[feature] = fill;
            fitted.mean[feature] = mean;
            fitted.scale[feature] = scale;
        }
        fitted
    }

    /// Leaves inputs as they are within `-clip..=clip`; missing ones become 0.
    pub(crate) fn identity(features: usize, clip: f32) -> Self {
        Self { fill: vec![0.0; features], mean: vec![0.0; features], scale: vec![1.0; features], clip }
    }

    /// Number of features.
    pub fn features(&self) -> usize {
        self.fill.len()
    }

    /// The training medians.
    pub fn fill(&self) -> &[f32] {
        &self.fill
    }

    /// One transformed value.
    pub(crate) fn value(&self, feature: usize, x: f32) -> f64 {
        let filled = if x.is_finite() { x } else { self.fill[feature] };
        let centred = f64::from(filled) - f64::from(self.mean[feature]);
        let clip = f64::from(self.clip);
        (centred / f64::from(self.scale[feature])).clamp(-clip, clip)
    }

    /// The transformed matrix; `x` must have as many columns as there are features.
    pub(crate) fn apply(&self, x: ArrayView2<'_, f32>) -> ndarray::Array2<f64> {
        ndarray::Array2::from_shape_fn(x.dim(), |(row, feature)| self.value(feature, x[[row, feature]]))
    }
}

/// The median of the finite values; 0 when there are none.
pub(crate) fn median(column: ArrayView1<'_, f32>) -> f32 {
    let mut finite: Vec<f32> = column.iter().copied().filter(|value| value.is_finite()).collect();
    finite.sort_by(f32::total_cmp);
    let middle = finite.len() / 2;
    match finite.len() {
        0 => 0.0,
        n if n % 2 == 1 => finite[middle],
        _ => ((f64::from(finite[middle - 1]) + f64::from(finite[middle])) / 2.0) as f32,
    }
}

/// Mean and population standard deviation of a column, missing values filled.
fn moments(column: ArrayView1<'_, f32>, fill: f32) -> (f32, f32) {
    let filled = |x: &f32| f64::from(if x.is_finite() { *x } else { fill });
    let n = column.len() as f64;
    let mean = column.iter().map(filled).sum::<f64>() / n;
    let variance = column.iter().map(|x| (filled(x) - mean).powi(2)).sum::<f64>() / n;
    let deviation = variance.sqrt();
    let constant = deviation <= CONSTANT_BELOW * mean.abs() || deviation < SMALLEST_SCALE;
    (mean as f32, if constant { 1.0 } else { deviation.min(f64::from(f32::MAX)) as f32 })
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn medians_means_and_deviations_by_hand() {
        let x = array![[1.0_f32, 7.0, f32::NAN], [f32::NAN, 7.0, f32::NAN], [3.0, 7.0, f32::INFINITY]];
        let y = array![0.0, 0.0, 0.0];
        let fitted = Preprocessing::fit(&TrainingRows::new(x.view(), y.view()).unwrap());
        assert_eq!(fitted.fill, [2.0, 7.0, 0.0]);
        assert_eq!(fitted.mean, [2.0, 7.0, 0.0]);
        // (1, 2, 3) has the population variance 2/3.
        assert_eq!(fitted.scale, [(2.0_f64 / 3.0).sqrt() as f32, 1.0, 1.0]);
        assert_eq!(fitted.value(0, f32::NAN), 0.0);
        assert_eq!(fitted.value(1, 7.0), 0.0);
    }

    #[test]
    fn far_and_infinite_inputs_stay_finite() {
        let x = array![[-1.0_f32], [1.0]];
        let y = array![0.0, 0.0];
        let fitted = Preprocessing::fit(&TrainingRows::new(x.view(), y.view()).unwrap());
        assert_eq!(fitted.value(0, f32::MAX), 5.0);
        assert_eq!(fitted.value(0, f32::MIN), -5.0);
        assert_eq!(fitted.value(0, f32::INFINITY), 0.0);
    }
}

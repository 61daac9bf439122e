//! The constants that were learned on training rows, and what they do.

use ndarray::{Array2, ArrayView1, ArrayView2, Axis};
use rayon::prelude::*;

use super::{Fill, PreprocessingSpec, Scale};
use crate::TrainingRows;

/// Per-feature constants learned on the training rows, and the transformation they define:
/// `z = clip((fill_missing(x) - centre) / scale, -clip, clip)`.
///
/// All constants are float32 values, as in the exported graph, so that the native and the exported model are the same
/// model up to the rounding of arithmetic.
///
/// # Missing values
/// An input that is not finite is missing, and is replaced as [`Fill`] says (by 0 when no training row has the feature).
#[derive(Debug, Clone, PartialEq)]
pub struct Preprocessing {
    pub(crate) fill: Vec<f32>,
    pub(crate) centre: Vec<f32>,
    pub(crate) scale: Vec<f32>,
    pub(crate) clip: f32,
}

/// A feature whose deviation is below this, relative to its centre, is constant up to float32 rounding.
const CONSTANT_BELOW: f64 = 1e-6;

/// The columns of `f32` in a cache line.
const COLUMNS_AT_ONCE: usize = 16;

/// The smallest usable deviation: smaller ones are subnormal in float32.
const SMALLEST_SCALE: f64 = 1e-30;

/// The standard deviation of normal values is so many times their median distance from the median.
const NORMAL_CONSISTENCY: f64 = 1.4826;

impl Preprocessing {
    /// Learns what [`TrainingRows::preprocessing`] declares, of these rows and no others.
    ///
    /// A constant feature gets the scale 1, so that it is 0 after centring.
    ///
    /// # Source
    /// scikit-learn's `SimpleImputer` followed by `StandardScaler`; Qlib's `RobustZScoreNorm`, without its floor of 1e-12.
    pub fn fit(rows: &TrainingRows<'_>) -> Self {
        let spec = rows.preprocessing();
        if (spec.fill, spec.scale) == (Fill::Zero, Scale::None) {
            return Self::identity(rows.x().ncols(), spec.clip);
        }
        let of_column = |column: ArrayView1<'_, f32>| {
            let fill = fill(column, spec.fill);
            let (centre, scale) = scale(column, fill, spec);
            (fill, centre, scale)
        };
        let of_chunk = |chunk: ArrayView2<'_, f32>| -> Vec<(f32, f32, f32)> {
            let mut columns = vec![Vec::with_capacity(chunk.nrows()); chunk.ncols()];
            for row in chunk.outer_iter() {
                columns.iter_mut().zip(row).for_each(|(column, value)| column.push(*value));
            }
            columns.iter().map(|column| of_column(ArrayView1::from(column))).collect()
        };
        // Neighbouring columns share cache lines: some are copied out at once, each into one piece of memory.
        let x = rows.x();
        let chunks: Vec<_> = x.axis_chunks_iter(Axis(1), COLUMNS_AT_ONCE).collect();
        let constants: Vec<_> = chunks.into_par_iter().flat_map_iter(of_chunk).collect();
        let mut fitted = Self::identity(rows.x().ncols(), spec.clip);
        for (feature, constants) in constants.into_iter().enumerate() {
            (fitted.fill[feature], fitted.centre[feature], fitted.scale[feature]) = constants;
        }
        fitted
    }

    /// Leaves inputs as they are within `-clip..=clip`; missing ones become 0.
    pub(crate) fn identity(features: usize, clip: f32) -> Self {
        Self { fill: vec![0.0; features], centre: vec![0.0; features], scale: vec![1.0; features], clip }
    }

    /// Number of features.
    pub fn features(&self) -> usize {
        self.fill.len()
    }

    /// What missing values are replaced by.
    pub fn fill(&self) -> &[f32] {
        &self.fill
    }

    /// One transformed value.
    pub(crate) fn value(&self, feature: usize, x: f32) -> f64 {
        transformed(x, self.fill[feature], self.centre[feature], self.scale[feature], f64::from(self.clip))
    }

    /// The transformed matrix; `x` must have as many columns as there are features.
    pub(crate) fn apply(&self, x: ArrayView2<'_, f32>) -> Array2<f64> {
        let constants: Vec<[f32; 3]> =
            (0..self.features()).map(|at| [self.fill[at], self.centre[at], self.scale[at]]).collect();
        let clip = f64::from(self.clip);
        let mut z = Vec::with_capacity(x.len());
        for row in x.outer_iter() {
            let row = row.as_standard_layout();
            let row = row.as_slice().unwrap_or_default().iter().zip(&constants);
            z.extend(row.map(|(x, [fill, centre, scale])| transformed(*x, *fill, *centre, *scale, clip)));
        }
        Array2::from_shape_vec(x.dim(), z).unwrap_or_default()
    }
}

#[inline(always)]
fn transformed(x: f32, fill: f32, centre: f32, scale: f32, clip: f64) -> f64 {
    let filled = if x.is_finite() { x } else { fill };
    ((f64::from(filled) - f64::from(centre)) / f64::from(scale)).clamp(-clip, clip)
}

/// The median of the finite values; 0 when there are none.
pub(crate) fn median(column: ArrayView1<'_, f32>) -> f32 {
    middle(finite(column).collect()) as f32
}

fn finite(column: ArrayView1<'_, f32>) -> impl Iterator<Item = f64> {
    column.into_iter().copied().filter(|value| value.is_finite()).map(f64::from)
}

fn middle(mut values: Vec<f64>) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let half = values.len() / 2;
    let (below, middle, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    let middle = *middle;
    match below.iter().copied().max_by(f64::total_cmp) {
        Some(below) if values.len().is_multiple_of(2) => (below + middle) / 2.0,
        _ => middle,
    }
}

fn fill(column: ArrayView1<'_, f32>, fill: Fill) -> f32 {
    match fill {
        Fill::Median => median(column),
        Fill::Mean => {
            let (sum, count) = finite(column).fold((0.0, 0.0), |(sum, count), x| (sum + x, count + 1.0));
            if count > 0.0 { (sum / count) as f32 } else { 0.0 }
        }
        Fill::Zero => 0.0,
    }
}

/// What a feature is centred and divided by.
fn scale(column: ArrayView1<'_, f32>, fill: f32, spec: &PreprocessingSpec) -> (f32, f32) {
    let (centre, deviation) = match spec.scale {
        Scale::None => return (0.0, 1.0),
        Scale::ZScore => {
            let filled = || column.into_iter().map(|x| f64::from(if x.is_finite() { *x } else { fill }));
            let mean = filled().sum::<f64>() / column.len() as f64;
            (mean, deviation(filled(), mean))
        }
        Scale::RobustZScore => robust(column),
    };
    let constant = deviation <= CONSTANT_BELOW * centre.abs() || deviation < SMALLEST_SCALE;
    (centre as f32, if constant { 1.0 } else { deviation.min(f64::from(f32::MAX)) as f32 })
}

/// Root mean square distance from a centre.
fn deviation(values: impl Iterator<Item = f64>, centre: f64) -> f64 {
    let (sum, count) =
        values.fold((0.0, 0.0), |(sum, count), x| (sum + (x - centre).powi(2), count + 1.0_f64));
    (sum / count.max(1.0)).sqrt()
}

fn robust(column: ArrayView1<'_, f32>) -> (f64, f64) {
    let centre = middle(finite(column).collect());
    let distance = NORMAL_CONSISTENCY * middle(finite(column).map(|x| (x - centre).abs()).collect());
    (centre, if distance > 0.0 { distance } else { deviation(finite(column), centre) })
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
        assert_eq!(fitted.centre, [2.0, 7.0, 0.0]);
        // (1, 2, 3) has the population variance 2/3.
        assert_eq!(fitted.scale, [(2.0_f64 / 3.0).sqrt() as f32, 1.0, 1.0]);
        assert_eq!(fitted.value(0, f32::NAN), 0.0);
        assert_eq!(fitted.value(1, 7.0), 0.0);
    }

    fn fitted(x: &ndarray::Array2<f32>, spec: PreprocessingSpec) -> Preprocessing {
        let y = ndarray::Array1::zeros(x.nrows());
        let rows = TrainingRows::new(x.view(), y.view()).unwrap().preprocessed(spec).unwrap();
        Preprocessing::fit(&rows)
    }

    /// Of 1, 2, 3, 4, 100 the median is 3 and the median distance from it 1.
    #[test]
    fn a_robust_scale_is_not_moved_by_one_wild_value() {
        let x =
            array![[1.0_f32, 0.0], [2.0, 0.0], [100.0, 0.0], [f32::NAN, 4.0], [3.0, 0.0], [4.0, f32::NAN]];
        let spec =
            PreprocessingSpec { scale: Scale::RobustZScore, clip: 3.0, ..PreprocessingSpec::default() };
        let robust = fitted(&x, spec);
        assert_eq!((robust.centre[0], robust.scale[0]), (3.0, 1.4826));
        assert_eq!(robust.value(0, 100.0), 3.0);
        assert!((robust.value(0, 4.0) - 1.0 / 1.4826).abs() < 1e-7);
        assert_eq!(robust.value(0, f32::NAN), 0.0, "the median fills");
        // Of 0, 0, 0, 4, 0 more than half are equal: the root mean square distance from 0 is sqrt(16 / 5).
        assert_eq!((robust.centre[1], robust.scale[1]), (0.0, 3.2_f64.sqrt() as f32));
    }

    #[test]
    fn fills_by_name() {
        let x = array![[1.0_f32, f32::NAN], [2.0, f32::NAN], [9.0, f32::NAN], [f32::NAN, f32::NAN]];
        let filled = |fill| {
            let spec = PreprocessingSpec { fill, scale: Scale::None, ..PreprocessingSpec::default() };
            fitted(&x, spec).fill
        };
        assert_eq!(filled(Fill::Median), [2.0, 0.0]);
        assert_eq!(filled(Fill::Mean), [4.0, 0.0]);
        assert_eq!(filled(Fill::Zero), [0.0, 0.0]);
    }

    #[test]
    fn without_a_scale_values_are_only_clipped() {
        let x = array![[10.0_f32], [20.0]];
        let spec = PreprocessingSpec { scale: Scale::None, clip: 15.0, ..PreprocessingSpec::default() };
        let plain = fitted(&x, spec);
        assert_eq!((plain.value(0, 12.5), plain.value(0, 20.0), plain.value(0, -20.0)), (12.5, 15.0, -15.0));
        assert_eq!(plain.value(0, f32::NAN), 15.0, "the median, 15");
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

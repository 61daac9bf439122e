//! Permutation importance: what a model loses when a feature no longer says which row it is about.

use std::collections::BTreeMap;

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use statrs::statistics::Statistics;

use crate::error::check_length;
use crate::evaluation::mae;
use crate::{Error, Result};

/// What shuffling a feature costs.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
pub struct Importance {
    /// The feature.
    pub feature: String,
    /// The mean increase of the mean absolute error over the shuffles.
    pub mean_increase: f64,
    /// The sample standard deviation of the increase over the shuffles; 0 of one shuffle.
    pub standard_deviation: f64,
}

/// Forecasts of all rows of a matrix, in their order.
pub type Predict<'a> = dyn Fn(ArrayView2<'_, f32>) -> Result<Array1<f64>> + Sync + 'a;

/// Test rows on which features are shuffled.
#[derive(Debug, Clone, Copy)]
pub struct ShuffledRows<'a> {
    /// The features.
    pub x: ArrayView2<'a, f32>,
    /// What came true.
    pub y: ArrayView1<'a, f64>,
    /// The block of each row, by any number: its origin.
    pub groups: &'a [usize],
    /// The names of the columns.
    pub features: &'a [String],
}

/// The importance of every feature, the largest first.
///
/// For feature j and shuffle s, with `P_s` a random permutation of the rows that leaves each row in its group:
///
/// ```text
/// I_js = mean_i |y_i - f(x_i with x_ij replaced by x_{P_s(i) j})| - mean_i |y_i - f(x_i)|
/// ```
///
/// `mean_increase` is the mean of `I_js` over the shuffles s. A feature that the model does not use has exactly 0. So has
/// one that is the same for all rows of a group, as the month is: shuffling within origins asks what tells symbols
/// apart, and never shows the model a week that was not. Of features that stand for each other, each seems to matter
/// little.
///
/// `predict` is given all rows in their order, so that each fold's model can answer the rows of its fold.
///
/// # Shape
/// `x` is rows by features; `y` and `groups` have one entry a row.
///
/// # Units
/// Those of `y`: log returns over the horizon.
///
/// # Missing values
/// NaN in `x` are shuffled like values. None in `y`.
///
/// # Errors
/// [`Error::Shape`]; [`Error::TooFew`] for no rows; [`Error::Setting`] for no repeats; those of `predict`.
///
/// # Source
/// Breiman (2001), Random Forests; Fisher, Rudin & Dominici (2019), All Models are Wrong, but Many are Useful, for any
/// model and as a difference of losses.
///
/// ```
/// use ndarray::array;
/// use weekahead_training::{ShuffledRows, permutation_importance};
/// let (x, y) = (array![[1.0_f32, 5.0], [2.0, 6.0], [3.0, 7.0]], array![1.0, 2.0, 3.0]);
/// let features = ["signal", "noise"].map(str::to_owned);
/// let rows = ShuffledRows { x: x.view(), y: y.view(), groups: &[0, 0, 0], features: &features };
/// let found = permutation_importance(&|x| Ok(x.column(0).mapv(f64::from)), &rows, 10, 42).unwrap();
/// assert!(found[0].feature == "signal" && found[0].mean_increase > 0.0);
/// assert!(found[1].feature == "noise" && found[1].mean_increase == 0.0);
/// ```
pub fn permutation_importance(
    predict: &Predict<'_>,
    rows: &ShuffledRows<'_>,
    repeats: usize,
    seed: u64,
) -> Result<Vec<Importance>> {
    rows.check(repeats)?;
    let (blocks, y) = (rows.blocks(), rows.y.to_vec());
    let loss = |x: ArrayView2<'_, f32>| -> Result<f64> {
        let forecasts = predict(x)?;
        check_length("forecasts", y.len(), forecasts.len())?;
        Ok(mae(&y, &forecasts.to_vec()))
    };
    let unshuffled = loss(rows.x)?;
    let of_feature = |x: &mut Array2<f32>, column: usize| -> Result<Importance> {
        // A stream a feature: its shuffles do not depend on which thread comes to it, or when.
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(column as u64);
        let increases = (0..repeats).map(|_| {
            shuffle(&mut x.column_mut(column), &rows.x.column(column), &blocks, &mut random);
            Ok(loss(x.view())? - unshuffled)
        });
        let increases = increases.collect::<Result<Vec<f64>>>()?;
        x.column_mut(column).assign(&rows.x.column(column));
        let standard_deviation = if repeats > 1 { increases.as_slice().std_dev() } else { 0.0 };
        let mean_increase = increases.as_slice().mean();
        Ok(Importance { feature: rows.features[column].clone(), mean_increase, standard_deviation })
    };
    // One copy of the matrix a thread's share of the features, in which one column at a time is shuffled.
    let columns = (0..rows.features.len()).into_par_iter();
    let found = columns.map_init(|| rows.x.to_owned(), of_feature).collect::<Result<Vec<_>>>();
    let mut found = found?;
    found.sort_by(|a, b| b.mean_increase.total_cmp(&a.mean_increase).then_with(|| a.feature.cmp(&b.feature)));
    Ok(found)
}

impl ShuffledRows<'_> {
    fn check(&self, repeats: usize) -> Result<()> {
        let rows = self.x.nrows();
        if rows == 0 {
            return Err(Error::TooFew { what: "rows to shuffle", needed: 1, found: 0 });
        }
        if repeats == 0 {
            return Err(Error::Setting { setting: "repeats", value: 0.0, allowed: "1 or more" });
        }
        check_length("targets", rows, self.y.len())?;
        check_length("groups", rows, self.groups.len())?;
        check_length("feature names", self.x.ncols(), self.features.len())
    }

    /// The rows of each group.
    fn blocks(&self) -> Vec<Vec<usize>> {
        let mut blocks: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (row, group) in self.groups.iter().enumerate() {
            blocks.entry(*group).or_default().push(row);
        }
        blocks.into_values().collect()
    }
}

/// Puts the values of a column into another order within each block.
fn shuffle(
    shuffled: &mut ndarray::ArrayViewMut1<'_, f32>,
    column: &ArrayView1<'_, f32>,
    blocks: &[Vec<usize>],
    random: &mut ChaCha8Rng,
) {
    for block in blocks {
        let mut from = block.clone();
        from.shuffle(random);
        block.iter().zip(from).for_each(|(row, from)| shuffled[*row] = column[from]);
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn used(x: ArrayView2<'_, f32>) -> Result<Array1<f64>> {
        Ok(x.column(1).mapv(f64::from))
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// Two rows of one week, foretold exactly. A shuffle swaps them or does not: each error is 4 or 0, and with it their
    /// mean. Of n shuffles with k swaps the mean is 4 k / n and the variance 16 k / n (1 - k / n) n / (n - 1).
    #[test]
    fn a_swap_by_hand() {
        const SHUFFLES: usize = 1_000;
        let (x, y) = (array![[7.0_f32, 1.0, 0.0], [8.0, 5.0, 3.0]], array![1.0, 5.0]);
        let features = names(&["unused", "used", "another"]);
        let rows = ShuffledRows { x: x.view(), y: y.view(), groups: &[3, 3], features: &features };
        let found = permutation_importance(&used, &rows, SHUFFLES, 1).unwrap();
        assert_eq!(found[0].feature, "used");
        let n = SHUFFLES as f64;
        let swaps = found[0].mean_increase * n / 4.0;
        assert!((swaps - swaps.round()).abs() < 1e-9 && (swaps - n / 2.0).abs() < 80.0, "{swaps}");
        let share = swaps / n;
        let variance = 16.0 * share * (1.0 - share) * n / (n - 1.0);
        assert!((found[0].standard_deviation - variance.sqrt()).abs() < 1e-9);
        // Features that are not used have nothing at all, and stand in the order of their names.
        let unused = |feature: &str| Importance {
            feature: feature.to_owned(),
            mean_increase: 0.0,
            standard_deviation: 0.0,
        };
        assert_eq!(found[1..], [unused("another"), unused("unused")]);
    }

    #[test]
    fn no_value_leaves_its_week_and_none_is_lost() {
        let x = Array2::from_shape_fn((40, 1), |(row, _)| row as f32);
        let groups: Vec<usize> = (0..40).map(|row| row % 4).collect();
        let (y, features) = (Array1::zeros(40), names(&["row"]));
        let rows = ShuffledRows { x: x.view(), y: y.view(), groups: &groups, features: &features };
        let (mut shuffled, mut random) = (x.column(0).to_owned(), ChaCha8Rng::seed_from_u64(1));
        shuffle(&mut shuffled.view_mut(), &x.column(0), &rows.blocks(), &mut random);
        assert!(shuffled.iter().enumerate().all(|(row, value)| *value as usize % 4 == row % 4));
        assert_ne!(shuffled, x.column(0));
        let mut values = shuffled.to_vec();
        values.sort_by(f32::total_cmp);
        assert_eq!(values, x.column(0).to_vec());
    }

    #[test]
    fn the_seed_alone_decides() {
        let x = Array2::from_shape_fn((30, 6), |(row, column)| ((row * 7 + column * 13) % 11) as f32);
        let y = x.sum_axis(ndarray::Axis(1)).mapv(f64::from);
        let groups: Vec<usize> = (0..30).map(|row| row / 10).collect();
        let features = names(&["a", "b", "c", "d", "e", "f"]);
        let rows = ShuffledRows { x: x.view(), y: y.view(), groups: &groups, features: &features };
        let sum = |x: ArrayView2<'_, f32>| Ok(x.sum_axis(ndarray::Axis(1)).mapv(f64::from));
        let of = |seed| permutation_importance(&sum, &rows, 3, seed).unwrap();
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let (x, y, features) = (array![[1.0_f32, 2.0]], array![1.0], names(&["a", "b"]));
        let rows = ShuffledRows { x: x.view(), y: y.view(), groups: &[0], features: &features };
        let of = |rows: &ShuffledRows<'_>, repeats| permutation_importance(&used, rows, repeats, 1);
        assert!(of(&rows, 1).is_ok());
        assert!(matches!(of(&rows, 0), Err(Error::Setting { .. })));
        assert!(matches!(of(&ShuffledRows { groups: &[], ..rows }, 1), Err(Error::Shape { .. })));
        assert!(matches!(
            of(&ShuffledRows { features: &features[..1], ..rows }, 1),
            Err(Error::Shape { .. })
        ));
        let none = Array2::zeros((0, 2));
        assert!(matches!(of(&ShuffledRows { x: none.view(), ..rows }, 1), Err(Error::TooFew { .. })));
        let silent = permutation_importance(&|_| Ok(Array1::zeros(0)), &rows, 1, 1);
        assert!(matches!(silent, Err(Error::Shape { .. })));
    }
}

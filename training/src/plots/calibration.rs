//! Whether quantiles mean what they say.

use super::axis::Axis;
use super::chart::{Chart, INK, Layer, Marks, color_of};
use super::picture::Picture;
use crate::{Backtest, Dataset, Result};

/// The share of targets at or below each level's quantile, against the level; faint lines are single folds.
///
/// On the diagonal quantiles are calibrated. Above it in the lower half and below it in the upper half, intervals are too
/// narrow.
///
/// # Errors
/// [`Error::Plot`](crate::Error::Plot).
pub fn calibration(backtest: &Backtest, dataset: &Dataset, levels: &[f64]) -> Result<Picture> {
    let color = color_of(&backtest.spec);
    let all = shares(backtest, dataset, levels, |_| true);
    let off = levels.iter().zip(&all).map(|(level, share)| (share - level).abs()).fold(0.0, f64::max);
    let line = |shares: &[f64]| levels.iter().copied().zip(shares.iter().copied()).collect::<Vec<_>>();
    let mut layers = vec![Layer::new(Marks::Line(vec![(0.0, 0.0), (1.0, 1.0)], 1), INK)];
    for (fold, _) in backtest.by_fold() {
        let of_fold = shares(backtest, dataset, levels, |index| backtest.folds[index] == fold);
        layers.push(Layer::new(Marks::Line(line(&of_fold), 1), color).faint(0.25));
    }
    layers.push(Layer::new(Marks::Line(line(&all), 2), color));
    layers.push(Layer::new(Marks::Dots(line(&all)), color));
    Chart {
        name: "calibration",
        title: format!("{}: calibration of its quantiles", backtest.spec),
        note: format!(
            "dots: all folds, at most {:.1} points off; faint: single folds; straight: as it should be",
            100.0 * off
        ),
        x: Axis::within("level of the quantile", 0.0..1.0),
        y: Axis::within("share of targets at or below it", 0.0..1.0),
        layers,
    }
    .draw()
}

/// The share of some rows' targets at or below the quantile of each level.
fn shares(backtest: &Backtest, dataset: &Dataset, levels: &[f64], keep: impl Fn(usize) -> bool) -> Vec<f64> {
    let (mut below, mut rows) = (vec![0.0; levels.len()], 0.0_f64);
    for (index, quantiles) in backtest.quantiles.chunks_exact(levels.len().max(1)).enumerate() {
        if keep(index) {
            rows += 1.0;
            let target = dataset.y[backtest.rows[index]];
            let counted = below.iter_mut().zip(quantiles);
            counted.for_each(|(count, quantile)| *count += f64::from(u8::from(target <= *quantile)));
        }
    }
    below.iter().map(|count| count / rows.max(1.0)).collect()
}

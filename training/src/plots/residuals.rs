//! How forecasts miss.

use statrs::statistics::Statistics;

use super::axis::Axis;
use super::chart::{BPS, Chart, INK, Layer, Marks, color_of};
use super::picture::Picture;
use crate::{Backtest, Dataset, Result};

const BINS: usize = 64;
/// Standard deviations to each side that are shown.
const REACH: f64 = 4.0;

/// A histogram of `y - f` over all test rows.
///
/// A mean off zero is a bias. Rows beyond four standard deviations are counted in the outermost bars.
///
/// # Units
/// Basis points of log return.
///
/// # Errors
/// [`Error::Plot`](crate::Error::Plot).
pub fn residuals(backtest: &Backtest, dataset: &Dataset) -> Result<Picture> {
    let rows = backtest.rows.iter().zip(&backtest.points);
    let residuals: Vec<f64> = rows.map(|(row, point)| BPS * (dataset.y[*row] - point)).collect();
    let (mean, deviation) = match residuals.len() {
        0 | 1 => (residuals.first().copied().unwrap_or(0.0), 0.0),
        _ => (residuals.as_slice().mean(), residuals.as_slice().std_dev()),
    };
    let half = (REACH * deviation).max(1.0);
    let low = mean - half;
    let width = 2.0 * half / BINS as f64;
    let counts = histogram(&residuals, low, width);
    let bar = |(bin, count): (usize, &usize)| {
        let left = low + bin as f64 * width;
        [(left, 0.0), (left + width, *count as f64)]
    };
    let highest = counts.iter().max().map_or(1.0, |count| 1.05 * *count as f64);
    Chart {
        name: "residuals",
        title: format!("{}: residuals, what came true less the forecast", backtest.spec),
        note: format!(
            "mean {mean:.1} bps, standard deviation {deviation:.0} bps, {} rows; outermost bars: that far or farther",
            residuals.len()
        ),
        x: Axis::numbers("residual (bps)", [low, mean + half, 0.0]),
        y: Axis::within("rows", 0.0..highest),
        layers: vec![
            Layer::new(Marks::Bars(counts.iter().enumerate().map(bar).collect()), color_of(&backtest.spec)).faint(0.75),
            Layer::new(Marks::Line(vec![(0.0, 0.0), (0.0, highest)], 1), INK),
        ],
    }
    .draw()
}

/// Values by bin of this width; those outside are in the first or the last one.
fn histogram(values: &[f64], low: f64, width: f64) -> [usize; BINS] {
    let mut counts = [0; BINS];
    for value in values {
        counts[(((value - low) / width).max(0.0) as usize).min(BINS - 1)] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_values_are_in_the_outermost_bars() {
        let counts = histogram(&[-9.0, 0.0, 0.5, 1.0, 63.5, 64.0, 99.0], 0.0, 1.0);
        assert_eq!((counts[0], counts[1], counts[63]), (3, 1, 3));
    }
}

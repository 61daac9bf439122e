//! Which features a model relies on.

use weekahead_models::ModelSpec;

use super::axis::Axis;
use super::chart::{BPS, Chart, INK, Layer, Marks, color_of};
use super::picture::Picture;
use crate::{Importance, Result};

/// Features shown.
const SHOWN: usize = 20;

/// The most important features as horizontal bars, in the order given.
///
/// # Units
/// The increase of the mean absolute error, in basis points of log return.
///
/// # Errors
/// [`Error::Plot`](crate::Error::Plot).
pub fn importance(model: &ModelSpec, importances: &[Importance]) -> Result<Picture> {
    let shown = &importances[..importances.len().min(SHOWN)];
    let rows = || shown.iter().enumerate().map(|(rank, feature)| ((shown.len() - 1 - rank) as f64, feature));
    let bars = rows().map(|(row, feature)| [(0.0, row - 0.35), (BPS * feature.mean_increase, row + 0.35)]);
    let spread = |feature: &Importance| {
        [-1.0, 1.0].map(|sign| BPS * (feature.mean_increase + sign * feature.standard_deviation))
    };
    let whiskers = rows().map(|(row, feature)| {
        let ends = spread(feature).map(|end| (end, row));
        Layer::new(Marks::Line(ends.to_vec(), 1), INK)
    });
    let x = Axis::numbers(
        "increase of the mean absolute error (bps)",
        shown.iter().flat_map(spread).chain([0.0]),
    );
    let y = Axis::names(shown.iter().map(|feature| feature.feature.clone()));
    let bars = Layer::new(Marks::Bars(bars.collect()), color_of(model)).faint(0.75);
    let zero = Layer::new(Marks::Line(vec![(0.0, y.range.start), (0.0, y.range.end)], 1), INK);
    Chart {
        name: "importance",
        title: format!("{model}: error added by shuffling a feature within each origin"),
        note: format!(
            "the {} most important of {} features; thin lines: one standard deviation over shuffles, to each side",
            shown.len(),
            importances.len()
        ),
        x,
        y,
        layers: [bars].into_iter().chain(whiskers).chain([zero]).collect(),
    }
    .draw()
}

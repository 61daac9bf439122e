//! Whether a model ranks symbols, origin by origin.

use super::axis::{Axis, days};
use super::chart::{Chart, Layer, Marks, color_of};
use super::picture::Picture;
use crate::evaluation::{rank_ic, rank_ic_series};
use crate::{Backtest, Dataset, Result};

/// The rank correlation of forecasts and targets within each origin, summed over origins.
///
/// Rising steadily, the model ranks symbols well in most weeks; a few steps say that it did in some.
///
/// # Units
/// A sum of correlations; its slope is the mean rank IC.
///
/// # Missing values
/// Origins without a correlation are left out: fewer than two symbols, or all forecasts or all targets equal.
///
/// # Errors
/// [`Error::Plot`](crate::Error::Plot).
pub fn cumulative_rank_ic(backtest: &Backtest, dataset: &Dataset) -> Result<Picture> {
    let (origins, targets) = backtest.realised(dataset);
    let series = rank_ic_series(&origins, &targets, &backtest.points);
    let mut sum = 0.0;
    let points: Vec<(f64, f64)> = series
        .iter()
        .map(|(origin, correlation)| {
            sum += correlation;
            (days(*origin), sum)
        })
        .collect();
    let note = match rank_ic(&origins, &targets, &backtest.points) {
        Some(ic) => {
            let ratio = ic.ir.map_or(String::new(), |ratio| format!(", ICIR {ratio:.3}"));
            format!("mean rank IC {:.4}{ratio}, {} origins; gray: no skill", ic.mean, ic.origins)
        }
        None => "no origin has a rank correlation: all its forecasts are equal".to_owned(),
    };
    let x = Axis::sessions("origin", &origins);
    let zero = Layer::reference((x.range.start, 0.0), (x.range.end, 0.0));
    Chart {
        name: "cumulative_rank_ic",
        title: format!("{}: rank IC over symbols, summed over origins", backtest.spec),
        note,
        x,
        y: Axis::numbers("sum of rank correlations", points.iter().map(|point| point.1).chain([0.0])),
        layers: vec![zero, Layer::new(Marks::Line(points, 2), color_of(&backtest.spec))],
    }
    .draw()
}

//! How a model's lead over the random walk grew.

use weekahead_market::Session;

use super::axis::{Axis, days};
use super::chart::{BPS, Chart, Layer, Marks, color_of};
use super::picture::Picture;
use crate::evaluation::{LossKind, LossSeries};
use crate::{Backtest, Result};

/// The model's lead over the random walk, summed over origins: `sum_t (loss of the random walk - loss of the model)`.
///
/// Above zero and rising, the model is better; a flat line says that it is the random walk.
///
/// # Units
/// Basis points; squared ones for the squared error.
///
/// # Missing values
/// Origins that one of the two lacks are left out.
///
/// # Errors
/// [`Error::Plot`](crate::Error::Plot).
pub fn cumulative_skill(backtest: &Backtest, baseline: &LossSeries, loss: LossKind) -> Result<Picture> {
    let (scale, unit) = match loss {
        LossKind::AbsoluteError | LossKind::Pinball => (BPS, "bps"),
        LossKind::SquaredError => (BPS * BPS, "squared bps"),
    };
    let shared =
        backtest.losses.iter().filter_map(|(origin, loss)| Some((*origin, baseline.get(origin)? - loss)));
    let (origins, leads): (Vec<Session>, Vec<f64>) = shared.unzip();
    let sums: Vec<f64> = leads
        .iter()
        .scan(0.0, |sum, lead| {
            *sum += scale * lead;
            Some(*sum)
        })
        .collect();
    let mean = sums.last().copied().unwrap_or(0.0) / sums.len().max(1) as f64;
    let x = Axis::sessions("origin", &origins);
    let zero = Layer::reference((x.range.start, 0.0), (x.range.end, 0.0));
    let points = origins.iter().map(|origin| days(*origin)).zip(sums.iter().copied()).collect();
    Chart {
        name: "cumulative_skill",
        title: format!(
            "{}: lead over the random walk in {}, summed over origins",
            backtest.spec,
            loss.name()
        ),
        note: format!(
            "rising: better than the random walk (gray); mean lead {mean:.2} {unit} an origin, {} origins",
            origins.len()
        ),
        x,
        y: Axis::numbers(format!("sum of leads ({unit})"), sums.iter().copied().chain([0.0])),
        layers: vec![zero, Layer::new(Marks::Line(points, 2), color_of(&backtest.spec))],
    }
    .draw()
}

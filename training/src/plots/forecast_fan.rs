//! The latest forecasts of one symbol beside what came true.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use weekahead_market::{Session, Symbol};

use super::axis::{Axis, days};
use super::chart::{BPS, Chart, INK, Layer, Marks, color_of};
use super::picture::Picture;
use crate::{Backtest, Dataset, Result};

/// Origins shown: a little more than a year of weeks.
const ORIGINS: usize = 60;
/// Lower levels of central intervals, the widest first: 90, 80 and 50 %.
const LOWER_LEVELS: [f64; 3] = [0.05, 0.1, 0.25];

/// Point forecasts, central intervals and realised targets over the last origins of the symbol with the most forecasts,
/// the first by name where several have as many.
///
/// # Units
/// Log returns over the horizon, in basis points; by origin, not by the session of realisation.
///
/// # Missing values
/// An interval is left out when one of its two levels was not forecast.
///
/// # Errors
/// [`Error::Plot`](crate::Error::Plot).
pub fn forecast_fan(backtest: &Backtest, dataset: &Dataset, levels: &[f64]) -> Result<Picture> {
    let (symbol, rows) = busiest_symbol(backtest, dataset);
    let rows = &rows[rows.len().saturating_sub(ORIGINS)..];
    let origins: Vec<Session> = rows.iter().map(|row| dataset.keys[backtest.rows[*row]].origin).collect();
    let series = |value: &dyn Fn(usize) -> f64| -> Vec<(f64, f64)> {
        rows.iter().zip(&origins).map(|(row, origin)| (days(*origin), BPS * value(*row))).collect()
    };
    let (x, color) = (Axis::sessions("origin", &origins), color_of(&backtest.spec));
    let (mut layers, mut covered) = (Vec::new(), Vec::new());
    let (points, targets) =
        (series(&|row| backtest.points[row]), series(&|row| dataset.y[backtest.rows[row]]));
    let mut heights: Vec<f64> = points.iter().chain(&targets).map(|point| point.1).collect();
    for lower in LOWER_LEVELS {
        let column = |level: f64| levels.iter().position(|known| (known - level).abs() < 1e-9);
        let Some((low, high)) = column(lower).zip(column(1.0 - lower)) else { continue };
        let edge = |column: usize| series(&|row| backtest.quantiles[row * levels.len() + column]);
        let outline: Vec<_> = edge(low).into_iter().chain(edge(high).into_iter().rev()).collect();
        heights.extend(outline.iter().map(|point| point.1));
        layers.push(Layer::new(Marks::Area(outline), color).faint(0.16));
        covered.push(format!("{:.0}", 100.0 * (1.0 - 2.0 * lower)));
    }
    layers.push(Layer::reference((x.range.start, 0.0), (x.range.end, 0.0)));
    layers.push(Layer::new(Marks::Line(points, 2), color));
    layers.push(Layer::new(Marks::Dots(targets), INK));
    let shaded = match covered.is_empty() {
        true => String::new(),
        false => format!("; shaded: intervals of {} %", covered.join(", ")),
    };
    Chart {
        name: "forecast_fan",
        title: format!("{}: forecasts of {symbol}, the last {} origins", backtest.spec, rows.len()),
        note: format!("line: forecast; dots: what came true; gray: random walk{shaded}"),
        x,
        y: Axis::numbers(format!("log return over {} sessions (bps)", dataset.horizon), heights),
        layers,
    }
    .draw()
}

/// The symbol with the most forecasts and where they are in the backtest; no name where there is none.
fn busiest_symbol(backtest: &Backtest, dataset: &Dataset) -> (String, Vec<usize>) {
    let mut by_symbol: BTreeMap<&Symbol, Vec<usize>> = BTreeMap::new();
    for (index, row) in backtest.rows.iter().enumerate() {
        by_symbol.entry(&dataset.keys[*row].symbol).or_default().push(index);
    }
    let busiest = by_symbol.into_iter().max_by_key(|(symbol, rows)| (rows.len(), Reverse(*symbol)));
    busiest.map(|(symbol, rows)| (symbol.to_string(), rows)).unwrap_or_default()
}

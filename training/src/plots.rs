//! Pictures of a backtest, as SVG for the tracker.

use plotters::prelude::*;
use weekahead_market::Session;

use crate::evaluation::LossSeries;
use crate::{Backtest, Dataset, Error, Result};

const SIZE: (u32, u32) = (900, 420);
/// The random walk is gray everywhere; the model has the one accent.
const BASELINE: RGBColor = RGBColor(130, 130, 130);
const ACCENT: RGBColor = RGBColor(31, 104, 193);

/// How the model's lead over the baseline grew: the sum of loss differences over origins.
///
/// Above zero and rising, the model is better; a flat line says that it is the baseline.
///
/// # Errors
/// [`Error::Plot`].
pub fn cumulative_skill(backtest: &Backtest, baseline: &LossSeries) -> Result<String> {
    let mut lead = 0.0;
    let points: Vec<(Session, f64)> = backtest
        .losses
        .iter()
        .filter_map(|(origin, loss)| Some((*origin, baseline.get(origin)? - loss)))
        .map(|(origin, difference)| {
            lead += difference;
            (origin, lead)
        })
        .collect();
    let years = |session: Session| 1970.0 + f64::from(session.days_since_epoch()) / 365.2425;
    let points: Vec<(f64, f64)> = points.into_iter().map(|(origin, lead)| (years(origin), lead)).collect();
    let title = format!("{}: cumulative lead over the random walk", backtest.spec);
    let (x, y) = (range(points.iter().map(|p| p.0)), range(points.iter().map(|p| p.1).chain([0.0])));
    let zero = vec![(x.start, 0.0), (x.end, 0.0)];
    draw(&Chart { title, x_label: "origin", y_label: "sum of loss differences", x, y }, &zero, &points)
}

/// Whether quantiles mean what they say: the share of targets at or below each level's quantile, against the level.
///
/// # Errors
/// [`Error::Plot`].
pub fn calibration(backtest: &Backtest, dataset: &Dataset, levels: &[f64]) -> Result<String> {
    let rows = backtest.quantiles.chunks_exact(levels.len());
    let mut below = vec![0_usize; levels.len()];
    for (row, quantiles) in backtest.rows.iter().zip(rows) {
        for (count, quantile) in below.iter_mut().zip(quantiles) {
            *count += usize::from(dataset.y[*row] <= *quantile);
        }
    }
    let share = |count: usize| count as f64 / backtest.rows.len().max(1) as f64;
    let points: Vec<(f64, f64)> =
        levels.iter().zip(below).map(|(level, count)| (*level, share(count))).collect();
    let title = format!("{}: calibration of its quantiles", backtest.spec);
    let diagonal = [(0.0, 0.0), (1.0, 1.0)];
    let chart =
        Chart { title, x_label: "level", y_label: "share of targets below", x: 0.0..1.0, y: 0.0..1.0 };
    draw(&chart, &diagonal, &points)
}

struct Chart {
    title: String,
    x_label: &'static str,
    y_label: &'static str,
    x: std::ops::Range<f64>,
    y: std::ops::Range<f64>,
}

/// A gray line of reference and the model's line.
fn draw(chart: &Chart, reference: &[(f64, f64)], points: &[(f64, f64)]) -> Result<String> {
    let failed =
        |error: &dyn std::fmt::Display| Error::Plot { title: chart.title.clone(), reason: error.to_string() };
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE).map_err(|e| failed(&e))?;
        let mut plot = ChartBuilder::on(&area)
            .caption(&chart.title, ("sans-serif", 18))
            .margin(16)
            .x_label_area_size(36)
            .y_label_area_size(64)
            .build_cartesian_2d(chart.x.clone(), chart.y.clone())
            .map_err(|e| failed(&e))?;
        let mut mesh = plot.configure_mesh();
        mesh.x_desc(chart.x_label)
            .y_desc(chart.y_label)
            .light_line_style(WHITE)
            .draw()
            .map_err(|e| failed(&e))?;
        let series = [(reference, BASELINE), (points, ACCENT)];
        for (line, color) in series {
            let line = LineSeries::new(line.iter().copied(), color.stroke_width(2));
            plot.draw_series(line).map_err(|e| failed(&e))?;
        }
        area.present().map_err(|e| failed(&e))?;
    }
    Ok(svg)
}

/// The range of some values with a margin, never empty.
fn range(values: impl Iterator<Item = f64>) -> std::ops::Range<f64> {
    let (low, high) =
        values.fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        return 0.0..1.0;
    }
    let margin = ((high - low) * 0.05).max(1e-6);
    low - margin..high + margin
}

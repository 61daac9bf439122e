//! What all pictures share: size, colours, titles, and how a chart is put on paper.

use plotters::prelude::*;
use weekahead_models::ModelSpec;

use super::axis::Axis;
use super::picture::Picture;
use crate::{Error, Result};

/// Returns in basis points: one is a hundredth of a percent.
pub(super) const BPS: f64 = 1e4;
/// The random walk and lines of reference.
pub(super) const BASELINE: RGBColor = RGBColor(130, 130, 130);
/// What came true, and whatever is neither model nor baseline.
pub(super) const INK: RGBColor = RGBColor(40, 40, 40);
const ACCENT: RGBColor = RGBColor(31, 104, 193);
const GRID: RGBColor = RGBColor(232, 232, 232);
const SIZE: (u32, u32) = (900, 440);
const MARGIN: i32 = 16;

/// The colour of a model: the accent, but gray for the random walk.
pub(super) fn color_of(model: &ModelSpec) -> RGBColor {
    if *model == ModelSpec::RandomWalk { BASELINE } else { ACCENT }
}

/// A chart before it is drawn; later layers lie on earlier ones.
#[derive(Debug)]
pub(super) struct Chart {
    pub(super) name: &'static str,
    pub(super) title: String,
    /// One line below the title: what the marks are, and the figures to remember.
    pub(super) note: String,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) layers: Vec<Layer>,
}

/// Marks of one kind and colour, in the units of the axes.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) marks: Marks,
    pub(super) color: RGBAColor,
}

/// The geometry of a layer.
#[derive(Debug)]
pub(super) enum Marks {
    /// A line of this width in pixels.
    Line(Vec<(f64, f64)>, u32),
    /// Dots.
    Dots(Vec<(f64, f64)>),
    /// A filled outline.
    Area(Vec<(f64, f64)>),
    /// Filled rectangles by two opposite corners.
    Bars(Vec<[(f64, f64); 2]>),
}

impl Layer {
    /// Opaque marks.
    pub(super) fn new(marks: Marks, color: RGBColor) -> Self {
        Self { marks, color: color.to_rgba() }
    }

    /// A thin line through two points, for reference.
    pub(super) fn reference(from: (f64, f64), to: (f64, f64)) -> Self {
        Self::new(Marks::Line(vec![from, to], 2), BASELINE)
    }

    /// The same marks, see-through: opacity 0 is nothing, 1 hides what is below.
    pub(super) fn faint(self, opacity: f64) -> Self {
        Self { color: self.color.mix(opacity), ..self }
    }
}

type Drawn<T> = std::result::Result<T, Box<dyn std::error::Error>>;

impl Chart {
    /// Draws it.
    ///
    /// # Errors
    /// [`Error::Plot`].
    pub(super) fn draw(self) -> Result<Picture> {
        let mut svg = String::new();
        match self.draw_into(&mut svg) {
            Ok(()) => Ok(Picture { name: self.name, title: self.title, svg }),
            Err(error) => Err(Error::Plot { title: self.title, reason: error.to_string() }),
        }
    }

    fn draw_into(&self, svg: &mut String) -> Drawn<()> {
        const TITLES_HEIGHT: i32 = 44;
        let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let title = ("sans-serif", 17, FontStyle::Bold, &INK).into_text_style(&area);
        area.draw_text(&self.title, &title, (MARGIN, 12))?;
        let small = ("sans-serif", 13, &INK).into_text_style(&area);
        area.draw_text(&self.note, &small, (MARGIN, 34))?;
        let (x, y) = (&self.x, &self.y);
        let mut plot = ChartBuilder::on(&area)
            .margin(MARGIN)
            .margin_top(MARGIN + TITLES_HEIGHT)
            .x_label_area_size(44)
            .y_label_area_size(34 + 7 * y.widest() as u32)
            .build_cartesian_2d(x.clone(), y.clone())?;
        plot.configure_mesh()
            .x_desc(&x.label)
            .y_desc(&y.label)
            .label_style(small.clone())
            .bold_line_style(GRID)
            .axis_style(BASELINE)
            .draw()?;
        for Layer { marks, color } in &self.layers {
            match marks {
                Marks::Line(points, width) => {
                    let line = PathElement::new(points.clone(), color.stroke_width(*width));
                    plot.draw_series([line])?
                }
                Marks::Area(outline) => plot.draw_series([Polygon::new(outline.clone(), color.filled())])?,
                Marks::Dots(points) => {
                    plot.draw_series(points.iter().map(|point| Circle::new(*point, 3, color.filled())))?
                }
                Marks::Bars(bars) => {
                    plot.draw_series(bars.iter().map(|corners| Rectangle::new(*corners, color.filled())))?
                }
            };
        }
        Ok(area.present()?)
    }
}

//! Pictures of a backtest, as SVG for the tracker and for the report.
//!
//! One file a picture; [`of_backtest`] draws those that need a backtest and its data set alone. The random walk is gray
//! everywhere, and the model has the one accent. Returns are in basis points (bps).

mod axis;
mod calibration;
mod chart;
mod cumulative_rank_ic;
mod cumulative_skill;
mod forecast_fan;
mod importance;
mod picture;
mod residuals;
#[cfg(test)]
mod tests;

pub use calibration::calibration;
pub use cumulative_rank_ic::cumulative_rank_ic;
pub use cumulative_skill::cumulative_skill;
pub use forecast_fan::forecast_fan;
pub use importance::importance;
pub use picture::{Picture, of_backtest};
pub use residuals::residuals;
